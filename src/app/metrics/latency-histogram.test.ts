import { Histogram, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { LatencyHistogram } from './latency-histogram.js';

const SECONDS = [0, 0.0004, 0.0005, 0.00051, 0.02, 1, 3, 10, 11, 400];

describe('a histogram of latencies', () => {
  it('says what the histogram of prom-client says', async () => {
    const [ours, theirs] = [new Registry(), new Registry()];
    const histogram = new LatencyHistogram('took_seconds', 'How long it took.');
    ours.registerMetric(histogram as never);
    const [a, b] = [histogram.series({ route: '/a', status: '200' }), histogram.series({ route: '/b', status: '404' })];
    const values = await histogram.get();
    const buckets = values.values.flatMap(({ labels }) => (typeof labels['le'] === 'number' ? labels['le'] : []));
    const expected = new Histogram({
      name: 'took_seconds',
      help: 'How long it took.',
      labelNames: ['route', 'status'],
      buckets: [...new Set(buckets)],
      registers: [theirs],
    });
    for (const seconds of SECONDS) {
      a.observe(seconds);
      expected.observe({ route: '/a', status: '200' }, seconds);
    }
    b.observe(0.3);
    expected.observe({ route: '/b', status: '404' }, 0.3);
    const linesOf = async (registry: Registry): Promise<string[]> =>
      (await registry.metrics())
        .split('\n')
        .map((line) => sortedLabels(line))
        .toSorted();
    expect(await linesOf(ours)).toEqual(await linesOf(theirs));
  });
});

function sortedLabels(line: string): string {
  return line.replace(/\{(.*)\}/, (_, labels: string) => `{${labels.split(',').toSorted().join(',')}}`);
}
