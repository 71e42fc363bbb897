import { AsyncLocalStorage } from 'node:async_hooks';
import type { Caller } from '../core/caller.js';

// It lives in the calls of this process and in nothing that is sent: a request that comes over a connection begins outside of it.
const acting = new AsyncLocalStorage<Caller>();

/** Does the work with every request that it injects being the caller's, whatever credentials the request shows. */
export function actingAs<Result>(caller: Caller, work: () => Promise<Result>): Promise<Result> {
  return acting.run(caller, work);
}

/** Whose work the process itself says that this is; undefined for every request that came over a connection. */
export function actingCaller(): Caller | undefined {
  return acting.getStore();
}
