/** The workers would not run: the first of them failed, or one after the other died at once. */
export class WorkersFailedError extends Error {
  override readonly name = 'WorkersFailedError';

  constructor(
    message: string,
    readonly code: string = 'workers_failed',
  ) {
    super(message);
  }
}
