/**
 * Batches that went in together could not be kept, so that nothing of them is: what they hold has to go in batch by batch, from where
 * the import had come before them.
 */
export class LoadLostError extends Error {
  override readonly name = 'LoadLostError';

  /** Not its cause: what Postgres said is nothing that the caller could do something about. */
  constructor(readonly reason: unknown) {
    super(`Grants could not be kept together: ${reason instanceof Error ? reason.message : String(reason)}`);
  }
}
