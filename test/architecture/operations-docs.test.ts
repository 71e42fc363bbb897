import { describe, expect, it } from 'vitest';
import { ServiceMetrics } from '../../src/app/metrics/service-metrics.js';
import { REQUEST_LIMITS } from '../../src/app/requests/requests-under-way.js';
import { read } from './project-files.js';

const page = read('docs/operations.md');
const nothing = { size: 0, idle: 0, waiting: 0, running: 0, refused: 0 };
const metrics = new ServiceMetrics({
  store: () => ({
    pools: { decisions: nothing, writes: nothing },
    questions: { decisions: nothing, credentials: nothing, tokens: nothing },
  }),
  passwords: () => nothing,
  openSessions: () => Promise.resolve(0),
  requestsUnderWay: () => 0,
});

describe('the page on operations', () => {
  it('lists every metric of the service with its labels, and no other', async () => {
    const documented = page
      .split('\n')
      .filter((line) => line.startsWith('| `castellan_'))
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .map(([, name, labels]) => [name?.replaceAll('`', ''), labels?.match(/\w+/g)?.toSorted() ?? []]);
    metrics.requests.ended({
      request: { method: 'GET', routeOptions: {} } as never,
      status: 200,
      seconds: 0,
      aborted: false,
    });
    metrics.decisions.begin()([
      {
        question: { subject: { type: 'user', id: 'a' }, permission: { type: 'a', action: 'b' } },
        facts: { typeKnown: true, actionKnown: true },
        decision: { allowed: true },
      } as never,
    ]);
    const text = await metrics.text();
    const own = metrics.listed.filter(({ name }) => name.startsWith('castellan_'));
    expect(documented).toEqual(expect.arrayContaining(own.map(({ name }) => [name, labelsOf(text, name)])));
    expect(documented).toHaveLength(own.length);
  });

  it('says what is in the registry beside them', () => {
    const others = metrics.listed.map(({ name }) => name).filter((name) => !name.startsWith('castellan_'));
    expect(others.filter((name) => !/^(process|nodejs)_/.test(name))).toEqual([]);
    expect(others).toContain('nodejs_eventloop_lag_p99_seconds');
    expect(page).toContain('nodejs_eventloop_lag_p99_seconds');
  });

  it('gives the limits that are in force', () => {
    const { atOnce, budget, taking } = REQUEST_LIMITS;
    expect(page).toMatch(new RegExp(`requests under way in one process +\\| ${atOnce.toLocaleString('en')}:`));
    expect(page).toMatch(new RegExp(`when the request came whole +\\| ${budget / 1000} s `));
    expect(page).toMatch(new RegExp(`taking an answer +\\| ${taking / 1000} s:`));
  });
});

function labelsOf(text: string, name: string): string[] {
  const line = text.split('\n').find((each) => new RegExp(`^${name}(_bucket|_sum)?[{ ]`).test(each)) ?? '';
  const names = [...(/\{(.*)\}/.exec(line)?.[1] ?? '').matchAll(/(\w+)="/g)].map(([, label]) => label ?? '');
  return names.filter((label) => label !== 'le').toSorted();
}
