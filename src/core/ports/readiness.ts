/** Whether the service can answer. */
export abstract class Readiness {
  /** @throws CastellanError `database_unavailable` or `overloaded` while it can't. */
  abstract check(): Promise<void>;
}
