import { AsyncLocalStorage } from 'node:async_hooks';
import type { SubjectRef } from '../core/model.js';

/** Who stands behind what is being done now. */
export interface CurrentRequest {
  /** Null where nobody signed in. */
  readonly subject: SubjectRef | null;
  /** What the audit trail is to name the request by. */
  readonly requestId?: string | undefined;
}

const requests = new AsyncLocalStorage<CurrentRequest>();

/** Runs the work, and all that it starts, on behalf of the request. */
export function runInRequest<Result>(request: CurrentRequest, work: () => Result): Result {
  return requests.run(request, work);
}

/** Runs the work, and all that it starts, on nobody's behalf. */
export function runOutsideOfRequests<Result>(work: () => Result): Result {
  return requests.exit(work);
}

/** The request on whose behalf the caller runs; undefined outside of any. */
export function currentRequest(): CurrentRequest | undefined {
  return requests.getStore();
}
