import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { actingAs } from '../../auth/acting-caller.js';
import type { Caller } from '../../core/caller.js';
import type { Fetch } from '../../client/client-options.js';
import type { Store } from '../../store/store.js';
import { createService } from '../service.js';

/** A service inside this process, which answers its own calls only. */
export interface ServiceWithin {
  /** Asks it as the caller; no connection is made. */
  readonly fetch: Fetch;
  /** What a served one would write to its log of the last error that it did not expect. */
  readonly unexpected: () => Error | undefined;
  close(): Promise<void>;
}

/** Any host would do: nothing is looked up or connected to. */
export const WITHIN = 'http://castellan.invalid';

/** Puts the very service together over the store, without listening, and asks it as the caller. Closing it leaves the store open. */
export async function openServiceWithin(store: Store, caller: Caller): Promise<ServiceWithin> {
  let unexpected: Error | undefined;
  const app = await createService({
    store,
    publicUrl: undefined,
    report: (error) => {
      unexpected = error instanceof Error ? error : new Error('The service failed.', { cause: error });
    },
    // A person waits for it, and no others do.
    operations: { limits: { budget: 600_000 } },
  });
  return {
    fetch: (url, init) => actingAs(caller, () => injected(app, url, init)),
    unexpected: () => unexpected,
    close: () => app.close(),
  };
}

async function injected(app: NestFastifyApplication, url: string, init: RequestInit): Promise<Response> {
  const { pathname, search } = new URL(url);
  const { statusCode, headers, payload } = await app.inject({
    method: (init.method ?? 'GET') as 'GET',
    url: `${pathname}${search}`,
    headers: Object.fromEntries(new Headers(init.headers)),
    ...(typeof init.body === 'string' ? { payload: init.body } : {}),
  });
  const told = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [value].flat().map((one): [string, string] => [name, String(one)]),
  );
  return new Response(statusCode === 204 ? null : payload, { status: statusCode, headers: new Headers(told) });
}
