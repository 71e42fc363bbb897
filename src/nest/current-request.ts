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

/** The request on whose behalf the caller runs; undefined outside of any. */
export function currentRequest(): CurrentRequest | undefined {
  return requests.getStore();
}

/** The subject on whose behalf the caller runs: null where nobody signed in, undefined outside of any request. */
export function currentSubject(): SubjectRef | null | undefined {
  return requests.getStore()?.subject;
}
