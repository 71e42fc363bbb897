import { describe, expect, it } from 'vitest';
import type { Administration } from './administration.js';
import { heldPermissions, type HeldPermission } from './held-permissions.js';
import type { PlacesToAdd } from './places-to-add.js';

async function held(found: PlacesToAdd | null): Promise<{ permissions: HeldPermission[]; notes: string[] }> {
  async function* types() {
    yield { id: 'post', actions: ['view', 'add'], builtIn: false };
  }
  const administration = {
    types: { list: types },
    questions: {
      rulesOf: () => Promise.resolve({ rules: [] }),
      count: () => Promise.resolve(0),
      placesToAdd: () => Promise.resolve(found),
    },
  } as unknown as Administration;
  const permissions: HeldPermission[] = [];
  const notes: string[] = [];
  for await (const one of heldPermissions(administration, { type: 'user', id: 'ann' }, (line) => notes.push(line)))
    permissions.push(one);
  return { permissions, notes };
}

const ADD = { permission: 'post:add', everywhere: 'no', objects: 0 };
const SHELF = { type: 'shelf', id: '1', conditionally: false };

describe('what a subject may add', () => {
  it('is told with the places below which it may', async () => {
    expect(await held({ places: [SHELF], more: false })).toEqual({
      permissions: [{ ...ADD, below: [SHELF], moreBelow: false }],
      notes: [],
    });
  });

  it('is told also where all the places that were looked at turned out to be denied, and there are more', async () => {
    expect(await held({ places: [], more: true })).toEqual({
      permissions: [{ ...ADD, below: [], moreBelow: true }],
      notes: [],
    });
  });

  it('is nothing where there is no such place, and a note where that is not told', async () => {
    expect(await held({ places: [], more: false })).toEqual({ permissions: [], notes: [] });
    const { permissions, notes } = await held(null);
    expect(permissions).toEqual([]);
    expect(notes).toHaveLength(1);
  });
});
