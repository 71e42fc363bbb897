import { misuse } from '../store/app-executor.js';
import { lowerFirst, type PrismaModels, type Relation } from './prisma-extension-models.js';

type Part = Readonly<Record<string, unknown>>;

/** What is to be known of a model that is declared, to judge what is written to it from another one. */
export interface WatchedModel {
  /** Whether an update of the row may be one of its object. */
  readonly follows: boolean;
}

const MAKES_OR_REMOVES = new Set(['create', 'createMany', 'connectOrCreate', 'upsert', 'delete', 'deleteMany']);
const CHANGES = new Set(['update', 'updateMany']);
const RELATES = new Set(['connect', 'disconnect', 'set']);

/**
 * Refuses a write that reaches rows of a declared model from another model's, where nobody would see which they are.
 *
 * @throws CastellanError `internal`, naming the place and what to do instead.
 */
export function refuseNestedWrites(
  models: PrismaModels,
  watched: ReadonlyMap<string, WatchedModel>,
  model: string,
  args: Part,
): void {
  const visit = (at: string, from: string, data: unknown): void => {
    for (const part of partsOf(data)) {
      for (const relation of models.relations(from)) {
        for (const envelope of partsOf(part[relation.name])) {
          const path = `${at}.${relation.name}`;
          refuse(path, from, relation, envelope);
          for (const [name, below] of belowOf(envelope)) visit(`${path}.${name}`, relation.model, below);
        }
      }
    }
  };
  const refuse = (path: string, from: string, relation: Relation, envelope: Part): void => {
    const target = watched.get(relation.model);
    if (!target) return;
    const asked = Object.keys(envelope).filter((name) => envelope[name] !== undefined);
    const hidden = asked.find(
      (name) =>
        MAKES_OR_REMOVES.has(name) ||
        (target.follows && CHANGES.has(name)) ||
        (target.follows && RELATES.has(name) && models.changesOtherEnd(from, relation)),
    );
    if (hidden === undefined) return;
    throw misuse(
      `${path}.${hidden}: rows of ${relation.model} can't be written from within those of ${from}, for Prisma does not say which they were. Write them by prisma.${lowerFirst(relation.model)}, in the same $transaction(async (tx) => …).`,
    );
  };
  for (const name of ['data', 'create', 'update']) visit(name, model, args[name]);
}

/** The data of further rows in what is said of a relation. */
function* belowOf(envelope: Part): Iterable<[string, unknown]> {
  yield ['create', envelope['create']];
  for (const part of partsOf(envelope['connectOrCreate'])) yield ['connectOrCreate', part['create']];
  for (const part of partsOf(envelope['upsert'])) {
    yield ['upsert.create', part['create']];
    yield ['upsert.update', part['update']];
  }
  // Of one row it may stand there by itself, of several it comes with a where.
  for (const part of partsOf(envelope['update'])) {
    yield ['update', part['data']];
    yield ['update', part];
  }
}

function partsOf(value: unknown): Part[] {
  return (Array.isArray(value) ? value : [value]).filter(
    (part): part is Part => typeof part === 'object' && part !== null,
  );
}
