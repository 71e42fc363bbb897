import { Injectable } from '@nestjs/common';
import type { Author } from '../../core/caller.js';
import { CastellanError, notFound } from '../../core/errors.js';
import { parsePermission } from '../../core/identifiers.js';
import { refName, type Permission, type Place } from '../../core/model.js';
import { GrantReader, type GrantRecord, type NewGrant } from '../../core/ports/grants.js';
import { Writes, type WriteUnit } from '../../core/ports/writes.js';
import { refuseNotYet } from '../not-yet.js';
import type { NewGrantBody } from './grants.schema.js';

/** Gives rules to subjects and takes them back, within what the author may hand out. */
@Injectable()
export class GrantsService {
  constructor(
    private readonly writes: Writes,
    private readonly reader: GrantReader,
  ) {}

  async create(author: Author, body: NewGrantBody): Promise<{ record: GrantRecord; created: boolean }> {
    const [made] = await this.#give(author, [body], '');
    if (!made) throw new CastellanError('internal', 'The grant was left out.');
    return made;
  }

  /** Gives all of the rules or none of them; answers in their order. */
  async createBatch(author: Author, bodies: readonly NewGrantBody[]): Promise<GrantRecord[]> {
    const made = await this.#give(author, bodies, 'grants.');
    return made.map(({ record }) => record);
  }

  async delete(author: Author, id: string): Promise<void> {
    // Read first to know which place to lock; what is there by then is read again under the lock.
    const seen = await this.reader.find(id);
    if (!seen) throw notFound();
    await this.writes.write(author, { places: [seen.object] }, async (unit) => {
      const grant = await unit.grants.find(id);
      if (!grant) throw notFound();
      await requireMayTakeBack(unit, grant);
      await unit.grants.delete(id);
    });
  }

  async #give(
    author: Author,
    bodies: readonly NewGrantBody[],
    prefix: string,
  ): Promise<{ record: GrantRecord; created: boolean }[]> {
    const single = prefix === '';
    bodies.forEach((body, index) => refuseNotYet(body, single ? '' : `${prefix}${index}.`));
    const grants = bodies.map(({ subject, permission, object }): NewGrant => ({
      subject,
      permission,
      object: object ?? null,
    }));
    return this.writes.write(author, { places: grants.map((grant) => grant.object) }, async (unit) => {
      try {
        await requireMayHandOut(unit, grants);
        return await unit.grants.create(grants);
      } catch (error) {
        throw withPaths(error, (path) => (single ? path.replace(/^0\./, '') : `${prefix}${path}`));
      }
    });
  }
}

interface Handed {
  readonly permission: Permission;
  readonly place: Place;
}

// A superuser hands out on every type, also on one that has no `grant` among its actions.
async function requireMayHandOut(unit: WriteUnit, grants: readonly NewGrant[]): Promise<void> {
  if (await unit.authority.isSuperuser()) return;
  const handed = grants.map((grant): Handed => ({
    permission: permissionOf(grant.permission),
    place: grant.object ?? undefined,
  }));
  const places = new Map<string, { handed: Handed; index: number }>();
  for (const [index, each] of handed.entries()) {
    const name = each.place ? refName(each.place) : `* ${each.permission.type}`;
    if (!places.has(name)) places.set(name, { handed: each, index });
  }
  const rights = [...places.values()].flatMap((each) => rightsAt(each.handed));
  // One question for all of it; only where something is missing is it asked, place by place, which refusal that is.
  if (await holdsAll(unit, [...rights, ...handed])) return;
  for (const { handed: each, index } of places.values()) {
    try {
      await unit.authority.requireGrantRight(each.permission, each.place);
    } catch (error) {
      throw withPaths(error, () => `${index}.permission`);
    }
  }
  await unit.authority.requireHolds(handed);
}

// What `requireGrantRight` asks for.
function rightsAt({ permission, place }: Handed): Handed[] {
  if (!place) return [{ permission: { type: permission.type, action: 'grant' }, place }];
  return ['view', 'grant'].map((action) => ({ permission: { type: place.type, action }, place }));
}

async function holdsAll(unit: WriteUnit, held: readonly Handed[]): Promise<boolean> {
  try {
    await unit.authority.requireHolds(held);
    return true;
  } catch (error) {
    if (error instanceof CastellanError && error.code === 'cannot_hand_out') return false;
    throw error;
  }
}

// Whoever may not see the grants of a place learns nothing of one there, not even that it exists.
async function requireMayTakeBack(unit: WriteUnit, grant: GrantRecord): Promise<void> {
  if (await unit.authority.isSuperuser()) return;
  const permission = permissionOf(grant.permission);
  const place = grant.object ?? undefined;
  try {
    await unit.authority.requireGrantRight(permission, place);
  } catch (error) {
    if (error instanceof CastellanError && error.code === 'forbidden') throw notFound();
    throw error;
  }
  await unit.authority.requireHolds([{ permission, place }]);
}

function permissionOf(name: string): Permission {
  const permission = parsePermission(name);
  if (!permission) throw new CastellanError('invalid_request', `permission: ${name} must be of the form type:action.`);
  return permission;
}

function withPaths(error: unknown, rename: (path: string) => string): unknown {
  if (!(error instanceof CastellanError) || error.faults.length === 0) return error;
  const faults = error.faults.map(({ path, message }) => ({ path: rename(path), message }));
  return new CastellanError(error.code, faults.map(({ path, message }) => `${path}: ${message}.`).join(' '), faults);
}
