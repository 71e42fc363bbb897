import type { JsonObject } from '../model.js';

/** A subject that is no person: it holds, belongs and creates as users do, and signs in nowhere. */
export interface ServiceRecord {
  readonly id: string;
  readonly active: boolean;
  readonly attributes: JsonObject;
}

/** The new values; what is absent stays. */
export interface ServiceChange {
  readonly active?: boolean;
  readonly attributes?: JsonObject;
}

export abstract class ServiceReader {
  abstract find(id: string): Promise<ServiceRecord | null>;
}

export interface ServiceWriter {
  /** Those of the ids that exist, in the order of the ids. */
  findMany(ids: readonly string[]): Promise<ServiceRecord[]>;
  /** Makes all of them, or none when it throws. @throws CastellanError `already_exists` for an id that is taken. */
  createMany(services: readonly ServiceRecord[]): Promise<ServiceRecord[]>;
  /** @throws CastellanError `not_found`. */
  update(id: string, change: ServiceChange): Promise<ServiceRecord>;
}
