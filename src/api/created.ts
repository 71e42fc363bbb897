/** The part of a Fastify or Express response that sets its status. */
export interface StatusSetter {
  status(code: number): unknown;
}

/** The status of an answer that names what was asked for: made now, or standing already. */
export function statusOf(created: boolean): number {
  return created ? 201 : 200;
}
