/** What went wrong with the embedded database, in words that do not change between releases. */
export type EmbeddedPostgresErrorCode =
  /** The platform, the binaries or the user to run them as are missing or unusable. */
  | 'embedded_postgres_unavailable'
  /** The data folder holds something that this release did not make and will not touch. */
  | 'embedded_postgres_foreign_data'
  /** The server could not be made, started, reached or stopped. */
  | 'embedded_postgres_failed';

/** An embedded database that can't be had; the message says what was wrong, where, and what to do. */
export class EmbeddedPostgresError extends Error {
  override readonly name = 'EmbeddedPostgresError';

  constructor(
    readonly code: EmbeddedPostgresErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
