/**
 * Batches that went in together could not be kept, so that nothing of them is: what they hold has to go in batch by batch, from where
 * the import had come before them.
 */
export class LoadLostError extends Error {
  override readonly name = 'LoadLostError';

  /** Not its cause, by which errors are translated: that it could not be kept together says nothing of the database's health. */
  constructor(reason: unknown) {
    super(`Grants could not be kept together: ${reason instanceof Error ? reason.message : String(reason)}.`);
  }
}
