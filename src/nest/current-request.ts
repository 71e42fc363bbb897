import { AsyncLocalStorage } from 'node:async_hooks';
import { CastellanError } from '../core/errors.js';
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

/** The applications of this process whose requests nobody follows. */
const unfollowed = new Set<object>();

/** Says of an application whether its requests are followed, so that what runs in one of them knows on whose behalf. */
export function setFollowed(application: object, isFollowed: boolean): void {
  if (isFollowed) unfollowed.delete(application);
  else unfollowed.add(application);
}

/**
 * The subject on whose behalf the caller runs: null where nobody signed in, undefined outside of any request.
 *
 * @throws CastellanError `internal` where that can't be told, as there is an application whose requests are not followed.
 */
export function currentSubject(): SubjectRef | null | undefined {
  const request = requests.getStore();
  if (request === undefined && unfollowed.size > 0)
    throw new CastellanError(
      'internal',
      'currentSubject() tells nothing here: nothing of the application injects Authz, so its requests are not followed. AuthzModule.forRoot({ followRequests: true }) has them followed.',
    );
  return request?.subject;
}
