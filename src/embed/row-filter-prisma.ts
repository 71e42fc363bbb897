import type { ColumnFilter, NullFilter, PlacedFilter, RowFilter, RowTest } from '../core/rows/row-filter.js';

/** A Prisma `where` of an app's own model. */
export type PrismaWhere = Readonly<Record<string, unknown>>;

/** What a `where` needs to know of the model. */
export interface PrismaNames {
  /** The model's field with its rows of the view of access. */
  readonly relation: string;
  readonly id: string;
}

// Prisma makes constants of these, wherever they stand; `{}` in an OR it leaves out.
const nothing = ({ id }: PrismaNames): PrismaWhere => ({ [id]: { in: [] } });
const everything = ({ id }: PrismaNames): PrismaWhere => ({ [id]: { notIn: [] } });

/**
 * The filter as a Prisma `where`: a value like any other, to be put in `AND` with more.
 *
 * @see https://www.prisma.io/docs/orm/reference/prisma-client-reference#where
 */
export function prismaWhere(filter: RowFilter, names: PrismaNames): PrismaWhere {
  switch (filter.kind) {
    case 'constant':
      return filter.holds ? everything(names) : nothing(names);
    case 'and':
      return { AND: filter.parts.map((part) => prismaWhere(part, names)) };
    case 'or':
      return { OR: filter.parts.map((part) => prismaWhere(part, names)) };
    case 'null':
      return nullWhere(filter);
    case 'column':
      return columnWhere(filter);
    default:
      return placedWhere(filter, names);
  }
}

function placedWhere(filter: PlacedFilter, names: PrismaNames): PrismaWhere {
  const some = {
    [names.relation]: {
      some: {
        permissionId: filter.permissionId,
        holderId: { in: [...filter.holders] },
        way: { in: [...filter.ways] },
        rule: { in: [...filter.rules] },
        by: filter.reach === 'many' ? 'row' : 'rule',
      },
    },
  };
  // In an OR, Postgres asks each row as it comes to it; alone, it begins with what the rules are placed on.
  const placed = filter.reach !== 'few' || !filter.placed ? { OR: [some, nothing(names)] } : some;
  return filter.placed ? placed : { NOT: placed };
}

const nullWhere = ({ column, isNull }: NullFilter): PrismaWhere =>
  isNull ? { [column.field]: null } : { NOT: { [column.field]: null } };

function columnWhere({ column, test, holds }: ColumnFilter): PrismaWhere {
  const passes = { [column.field]: prismaTest(test) };
  return holds ? passes : { NOT: passes };
}

function prismaTest(test: RowTest): PrismaWhere {
  switch (test.operator) {
    case 'equals':
      return { equals: test.value };
    case 'in':
      return { in: [...test.values] };
    case 'less':
      return { lt: test.value };
    case 'lessOrSame':
      return { lte: test.value };
    case 'startsWith':
      return { startsWith: literally(test.value) };
    case 'includes':
      return { contains: literally(test.value) };
    case 'has':
      return { has: test.value };
    default:
      return { equals: [...test.values] };
  }
}

// Prisma puts the text into a LIKE as it is: its wildcards have to be taken literally.
const literally = (text: unknown): string => String(text).replaceAll(/[\\%_]/g, String.raw`\$&`);
