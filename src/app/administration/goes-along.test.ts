import { describe, expect, it } from 'vitest';
import type { Administration } from './administration.js';
import { goesAlong, goesWithActions } from './goes-along.js';

async function* none(): AsyncGenerator<never> {}

/** A type without a rule or a grant about it, as far as whoever asks may see them. */
function looking(seesAll: boolean): Administration {
  const type = { id: 'post', actions: ['view', 'publish'], builtIn: false };
  const nothing = { list: none };
  return {
    seesAll,
    types: { get: () => Promise.resolve(type) },
    roles: nothing,
    grants: nothing,
    assignments: nothing,
    countObjects: () => Promise.resolve(0),
  } as unknown as Administration;
}

describe('what goes along', () => {
  it('is nothing where all is seen and there is nothing', async () => {
    const administration = looking(true);
    expect(await goesWithActions(administration, 'post', ['view'])).toEqual({ actions: ['publish'], along: [] });
    expect(await goesAlong(administration, { type: 'type', id: 'post' })).toEqual([]);
  });

  it('is told to be all there is where not all is seen, so that it is asked for', async () => {
    const administration = looking(false);
    expect(await goesWithActions(administration, 'post', ['view'])).toEqual({
      actions: ['publish'],
      along: ['rules and grants about them that are not seen: all there are'],
    });
    expect(await goesAlong(administration, { type: 'type', id: 'post' })).toEqual([
      'rules and grants about it that are not seen: all there are',
    ]);
  });

  it('is nothing where no action goes', async () => {
    expect(await goesWithActions(looking(false), 'post', ['publish', 'view', 'more'])).toEqual({
      actions: [],
      along: [],
    });
  });
});
