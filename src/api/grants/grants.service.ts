import { Injectable } from '@nestjs/common';
import type { Author } from '../../core/caller.js';
import { CastellanError, notFound } from '../../core/errors.js';
import { parsePermission } from '../../core/identifiers.js';
import { refName, type Permission } from '../../core/model.js';
import type { HandedRule } from '../../core/ports/holdings.js';
import { GrantReader, type GrantRecord, type NewGrant } from '../../core/ports/grants.js';
import { Writes, type WriteUnit } from '../../core/ports/writes.js';
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
    const grants = bodies.map((body): NewGrant => ({ ...body, object: body.object ?? null }));
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

// A superuser hands out on every type, also on one that has no `grant` among its actions.
async function requireMayHandOut(unit: WriteUnit, grants: readonly NewGrant[]): Promise<void> {
  if (await unit.authority.isSuperuser()) return;
  const places = new Map<string, { grant: NewGrant; index: number }>();
  for (const [index, grant] of grants.entries()) {
    const name = grant.object ? refName(grant.object) : `* ${permissionOf(grant.permission).type}`;
    if (!places.has(name)) places.set(name, { grant, index });
  }
  const asked = [...places.values()].map(({ grant, index }) => ({
    permission: permissionOf(grant.permission),
    place: grant.object ?? undefined,
    index,
  }));
  const refused = asked[(await unit.authority.findWithoutGrantRight(asked)) ?? asked.length];
  if (refused) {
    try {
      await unit.authority.requireGrantRight(refused.permission, refused.place);
    } catch (error) {
      throw withPaths(error, () => `${refused.index}.permission`);
    }
  }
  await unit.authority.requireHandsOut(grants.map(handedBy), ...grants.map(({ subject }) => subject));
}

// Whoever may not see the grants of a place learns nothing of one there, not even that it exists.
async function requireMayTakeBack(unit: WriteUnit, grant: GrantRecord): Promise<void> {
  if (await unit.authority.isSuperuser()) return;
  try {
    await unit.authority.requireGrantRight(permissionOf(grant.permission), grant.object ?? undefined);
  } catch (error) {
    if (error instanceof CastellanError && error.code === 'forbidden') throw notFound();
    throw error;
  }
  await unit.authority.requireHandsOut([handedBy(grant)], grant.subject);
}

function handedBy(grant: NewGrant): HandedRule {
  const { permission, object, condition = null, fields = null, expiresAt = null } = grant;
  return { permission, place: object, condition, fields, expiresAt };
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
