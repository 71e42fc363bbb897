import { UnexpectedAnswerError } from '../../client/client-errors.js';
import { CastellanClient } from '../../client/castellan-client.js';
import { CastellanError } from '../../core/errors.js';
import { refName, type SubjectRef } from '../../core/model.js';
import type { Store } from '../../store/store.js';
import type { Config } from '../config.js';
import { InterruptedError, unlessStopped, withStore } from '../operator.js';
import { readRef } from '../operator-questions.js';
import { stopSignal } from '../stop-signal.js';
import type { Administration } from './administration.js';
import { administrationThrough } from './service-administration.js';
import { ForeignAnswerError } from './service-failures.js';
import { connect, serviceUrl, type ServiceOptions } from './service-address.js';
import { TrialWrites } from './trial-writes.js';

/** On what the work is done, as whom, and whether it is to stand. */
export interface WayOfWork extends ServiceOptions {
  /** Under whose rights (`user:alice`); the operator's without it. */
  readonly as?: string | undefined;
  /** Does all of it, and undoes it. */
  readonly dryRun?: boolean | undefined;
}

type Log = (line: string) => void;
type Work<Result> = (administration: Administration) => Promise<Result>;

/**
 * Does the work on the service or on the database, as the way says.
 *
 * @throws CastellanError `invalid_request` for a way that there is not; InterruptedError; and as the work, the service or the database does.
 */
export async function withAdministration<Result>(
  config: Config,
  log: Log,
  way: WayOfWork,
  work: Work<Result>,
): Promise<Result> {
  const url = serviceUrl(config, way);
  if (url !== undefined) return withService(url, config, way, work);
  for (const [option, given] of [
    ['--token-file', way.tokenFile],
    ['--insecure', way.insecure],
  ] as const)
    if (given !== undefined)
      throw wrong(`${option} goes with --url, or with CASTELLAN_URL: this works on the database.`);
  const as = way.as === undefined ? undefined : actor(way.as);
  return withStore(
    config,
    log,
    async (store) => {
      const writes = way.dryRun ? new TrialWrites(store.writes) : store.writes;
      if (as) return workAs(as, { ...store, writes }, work);
      const { administrationOf } = await import('./operator-administration.js');
      return work(administrationOf(store, writes));
    },
    { waitMs: way.waitMs },
  );
}

async function withService<Result>(url: string, config: Config, way: WayOfWork, work: Work<Result>): Promise<Result> {
  const named = way.url === undefined ? 'CASTELLAN_URL names a service' : '--url names a service';
  if (way.as !== undefined)
    throw wrong(`--as works on the database only, and ${named}, which takes whoever the token signs in.`);
  if (way.dryRun)
    throw wrong(`--dry-run works on the database only, and ${named}, which can not undo what it has answered.`);
  const connection = await connect(url, config, way);
  const stop = stopSignal();
  try {
    return await unlessStopped(stop.signal, () => work(administrationThrough(connection)));
  } catch (error) {
    if (error instanceof InterruptedError)
      throw new InterruptedError('Interrupted: what the service was asked for by then may have been done.');
    if (error instanceof UnexpectedAnswerError) throw new ForeignAnswerError(url, error);
    throw error;
  } finally {
    stop.dispose();
  }
}

// Whoever could not sign in does nothing by the command line either.
async function workAs<Result>(subject: SubjectRef, store: Store, work: Work<Result>): Promise<Result> {
  const { openServiceWithin, WITHIN } = await import('./service-within.js');
  await requireStanding(subject, store);
  const service = await openServiceWithin(store, { subject, signedIn: true });
  try {
    let lastStatus = 0;
    const fetch: typeof service.fetch = async (url, init) => {
      const response = await service.fetch(url, init);
      lastStatus = response.status;
      return response;
    };
    const client = new CastellanClient({ url: WITHIN, fetch, retries: 0, timeout: 600_000 });
    return await work(administrationThrough({ client, lastStatus: () => lastStatus }));
  } catch (error) {
    throw service.unexpected() ?? error;
  } finally {
    await service.close();
  }
}

async function requireStanding(subject: SubjectRef, { users, services }: Store): Promise<void> {
  const found = await (subject.type === 'service' ? services : users).find(subject.id);
  if (!found) throw new CastellanError('not_found', `There is no ${refName(subject)}.`);
  if (!found.active)
    throw new CastellanError('not_authenticated', `${refName(subject)} is not active: nothing is done as it.`);
}

function actor(text: string): SubjectRef {
  const subject = readRef('--as', text);
  if (subject.type === 'user' || subject.type === 'service') return subject;
  throw wrong(`--as must name a user or a service, such as user:alice; it is ${JSON.stringify(text)}.`);
}

function wrong(message: string): CastellanError {
  return new CastellanError('invalid_request', message);
}
