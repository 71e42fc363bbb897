/** Another process imports the same file: it would write the same rejects file, and tell of the same place to go on from. */
export class ImportRunningError extends Error {
  override readonly name = 'ImportRunningError';
  readonly code = 'import_running';

  constructor(file: string) {
    super(`${file} is just being imported into this database by another process: wait until that has ended.`);
  }
}
