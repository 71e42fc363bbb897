import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../model.js';
import type { Entities, Truth } from './condition.js';
import { evaluateCondition } from './evaluate-condition.js';
import { foldCondition } from './fold-condition.js';
import { parseCondition } from './parse-condition.js';

const entities: Entities = {
  resource: {
    identity: { type: 'post', id: 'p1' },
    attributes: {
      status: 'draft',
      level: 3,
      none: null,
      no: false,
      tags: ['a', ['b'], 1, null, { x: 1, y: 2 }],
      address: { city: 'Bern', zip: '3000', '0': 'zero' },
      title: 'Castellan',
      owner: 'alice',
      readers: ['alice', 'bob'],
      id: 'not the id',
      type: 'not the type',
      name: 'of the post',
      'a.b': 'dotted',
      due: '2030-01-31T09:00:00Z',
    },
  },
  subject: {
    identity: { type: 'user', id: 'alice' },
    attributes: { department: 'sales', clearance: 3, name: 'Alice', id: 'not the id' },
  },
  action: { identity: { name: 'view' }, attributes: { name: 'not the name', id: 'of the action', soft: true } },
  context: { identity: {}, attributes: { id: 'of the context', name: 'of it', type: 'its type', ip: '10.0.0.1' } },
};

type Case = readonly [condition: JsonObject, truth: Truth];

/** The rows of the tables in docs/conditions.md by their first cell. */
const TABLES: Readonly<Record<string, Readonly<Record<string, readonly Case[]>>>> = {
  root: {
    '`resource`': [
      [{ 'resource.status': 'draft' }, true],
      [{ 'resource.id': 'p1' }, true],
      [{ 'resource.type': 'post' }, true],
      [{ 'resource.id': 'not the id' }, false],
      [{ 'resource.type': 'not the type' }, false],
      [{ 'resource.name': 'of the post' }, true],
      [{ 'resource.id.length': { $exists: true } }, false],
    ],
    '`subject`': [
      [{ 'subject.department': 'sales' }, true],
      [{ 'subject.id': 'alice' }, true],
      [{ 'subject.type': 'user' }, true],
      [{ 'subject.name': 'Alice' }, true],
      [{ 'subject.id': 'not the id' }, false],
    ],
    '`action`': [
      [{ 'action.soft': true }, true],
      [{ 'action.name': 'view' }, true],
      [{ 'action.name': 'not the name' }, false],
      [{ 'action.id': 'of the action' }, true],
      [{ 'action.type': { $exists: false } }, true],
    ],
    '`context`': [
      [{ 'context.ip': '10.0.0.1' }, true],
      [{ 'context.id': 'of the context' }, true],
      [{ 'context.name': 'of it' }, true],
      [{ 'context.type': 'its type' }, true],
    ],
  },
  form: {
    '`{ "path": value }`': [
      [{ 'resource.status': 'draft' }, true],
      [{ 'resource.status': 'archived' }, false],
      [{ 'resource.nothing': 'draft' }, undefined],
      [{ 'resource.none': null }, true],
      [{ 'resource.address': { '0': 'zero', zip: '3000', city: 'Bern' } }, true],
      [{ 'resource.readers': ['alice', 'bob'] }, true],
    ],
    '`{ "path": { "$ref": "other.path" } }`': [
      [{ 'resource.owner': { $ref: 'subject.id' } }, true],
      [{ 'resource.status': { $ref: 'subject.id' } }, false],
      [{ 'resource.owner': { $ref: 'subject.nothing' } }, undefined],
      [{ 'resource.owner': { $ref: 'resource.owner' } }, true],
    ],
    '`{ "path": { "$op": operand, … } }`': [
      [{ 'resource.level': { $gt: 2, $lt: 4 } }, true],
      [{ 'resource.level': { $gt: 2, $lt: 3 } }, false],
      [{ 'resource.level': { $gt: 2, $lt: 'x' } }, undefined],
      [{ 'resource.level': { $gt: 3, $lt: 'x' } }, false],
    ],
    '`{ "path": { "$not": { "$op": … } } }`': [
      [{ 'resource.level': { $not: { $gt: 3 } } }, true],
      [{ 'resource.level': { $not: { $gt: 2 } } }, false],
      [{ 'resource.level': { $not: { $gt: 2, $lt: 3 } } }, true],
      [{ 'resource.nothing': { $not: { $eq: 1 } } }, undefined],
      [{ 'resource.level': { $gt: 2, $not: { $eq: 3 } } }, false],
      [{ 'resource.level': { $not: { $not: { $eq: 3 } } } }, true],
    ],
    '`{ "one": …, "other": … }`': [
      [{ 'resource.level': 3, 'resource.status': 'draft' }, true],
      [{ 'resource.level': 3, 'resource.status': 'archived' }, false],
      [{ 'resource.level': 3, 'resource.nothing': 1 }, undefined],
      [{ 'resource.level': 4, $or: [{ 'resource.level': 3 }] }, false],
    ],
    '`{ "$and": [condition, …] }`': [
      [{ $and: [{ 'resource.level': 3 }, { 'resource.status': 'draft' }] }, true],
      [{ $and: [{ 'resource.level': 3 }, { 'resource.nothing': 1 }] }, undefined],
      [{ $and: [{ 'resource.nothing': 1 }, { 'resource.level': 4 }] }, false],
    ],
    '`{ "$or": [condition, …] }`': [
      [{ $or: [{ 'resource.nothing': 1 }, { 'resource.level': 3 }] }, true],
      [{ $or: [{ 'resource.level': 4 }, { 'resource.nothing': 1 }] }, undefined],
      [{ $or: [{ 'resource.level': 4 }, { 'resource.status': 'archived' }] }, false],
    ],
    '`{ "$not": condition }`': [
      [{ $not: { 'resource.level': 4 } }, true],
      [{ $not: { 'resource.level': 3 } }, false],
      [{ $not: { 'resource.nothing': 1 } }, undefined],
      [{ $not: { 'resource.level': 3, 'resource.status': 'archived' } }, true],
    ],
  },
  operator: {
    '`$eq`, `$ne`': [
      [{ 'resource.level': { $eq: 3 } }, true],
      [{ 'resource.level': { $eq: '3' } }, false],
      [{ 'resource.level': { $eq: { $ref: 'subject.clearance' } } }, true],
      [{ 'resource.nothing': { $eq: null } }, undefined],
      [{ 'resource.none': { $eq: null } }, true],
      [{ 'resource.no': { $eq: null } }, false],
      [{ 'resource.level': { $ne: 3 } }, false],
      [{ 'resource.level': { $ne: '3' } }, true],
      [{ 'resource.nothing': { $ne: 3 } }, undefined],
      [{ 'resource.level': { $ne: { $ref: 'context.nothing' } } }, undefined],
      [{ 'resource.address': { $eq: {} } }, false],
    ],
    '`$in`, `$nin`': [
      [{ 'resource.status': { $in: ['archived', 'draft'] } }, true],
      [{ 'resource.status': { $in: ['archived'] } }, false],
      [{ 'resource.readers': { $in: [['alice', 'bob']] } }, true],
      [{ 'resource.readers': { $in: ['alice', 'bob'] } }, false],
      [{ 'resource.none': { $in: [null] } }, true],
      [{ 'resource.status': { $in: [] } }, false],
      [{ 'resource.nothing': { $in: [] } }, undefined],
      [{ 'subject.id': { $in: { $ref: 'resource.readers' } } }, true],
      [{ 'subject.id': { $in: { $ref: 'resource.owner' } } }, undefined],
      [{ 'subject.id': { $in: { $ref: 'resource.address' } } }, undefined],
      [{ 'resource.status': { $nin: ['archived'] } }, true],
      [{ 'resource.status': { $nin: ['draft'] } }, false],
      [{ 'resource.status': { $nin: [] } }, true],
      [{ 'resource.nothing': { $nin: [] } }, undefined],
      [{ 'subject.id': { $nin: { $ref: 'resource.owner' } } }, undefined],
      [{ 'subject.id': { $nin: { $ref: 'resource.readers' } } }, false],
    ],
    '`$lt $lte $gt $gte`': [
      [{ 'resource.level': { $lt: 3 } }, false],
      [{ 'resource.level': { $lt: 3.5 } }, true],
      [{ 'resource.level': { $lte: 3 } }, true],
      [{ 'resource.level': { $lte: 2 } }, false],
      [{ 'resource.level': { $gt: 3 } }, false],
      [{ 'resource.level': { $gt: -1 } }, true],
      [{ 'resource.level': { $gte: 3 } }, true],
      [{ 'resource.level': { $gte: 4 } }, false],
      [{ 'resource.level': { $gte: { $ref: 'subject.clearance' } } }, true],
      [{ 'resource.status': { $gt: 'dradt' } }, true],
      [{ 'resource.status': { $lt: 'draft ' } }, true],
      [{ 'resource.status': { $gte: 'draft' } }, true],
      [{ 'resource.status': { $gt: 1 } }, undefined],
      [{ 'resource.level': { $lt: '4' } }, undefined],
      [{ 'resource.none': { $lt: 4 } }, undefined],
      [{ 'resource.no': { $lt: 4 } }, undefined],
      [{ 'resource.tags': { $lt: 'z' } }, undefined],
      [{ 'resource.nothing': { $gte: 4 } }, undefined],
      [{ 'resource.due': { $lt: '2030-02-01T00:00:00Z' } }, true],
    ],
    '`$contains`': [
      [{ 'resource.tags': { $contains: 'a' } }, true],
      [{ 'resource.tags': { $contains: ['b'] } }, true],
      [{ 'resource.tags': { $contains: 'b' } }, false],
      [{ 'resource.tags': { $contains: '1' } }, false],
      [{ 'resource.tags': { $contains: null } }, true],
      [{ 'resource.tags': { $contains: { y: 2, x: 1 } } }, true],
      [{ 'resource.tags': { $contains: { x: 1 } } }, false],
      [{ 'resource.readers': { $contains: { $ref: 'subject.id' } } }, true],
      [{ 'resource.title': { $contains: 'tell' } }, true],
      [{ 'resource.title': { $contains: 'Tell' } }, false],
      [{ 'resource.title': { $contains: '' } }, true],
      [{ 'resource.title': { $contains: 1 } }, undefined],
      [{ 'resource.title': { $contains: ['C'] } }, undefined],
      [{ 'resource.level': { $contains: 3 } }, undefined],
      [{ 'resource.address': { $contains: 'city' } }, undefined],
      [{ 'resource.nothing': { $contains: 'a' } }, undefined],
    ],
    '`$startsWith`': [
      [{ 'resource.title': { $startsWith: 'Cast' } }, true],
      [{ 'resource.title': { $startsWith: '' } }, true],
      [{ 'resource.title': { $startsWith: 'cast' } }, false],
      [{ 'resource.title': { $startsWith: 'Castellans' } }, false],
      [{ 'resource.title': { $startsWith: { $ref: 'resource.title' } } }, true],
      [{ 'resource.title': { $startsWith: { $ref: 'resource.level' } } }, undefined],
      [{ 'resource.level': { $startsWith: '3' } }, undefined],
      [{ 'resource.readers': { $startsWith: 'alice' } }, undefined],
      [{ 'resource.nothing': { $startsWith: '' } }, undefined],
    ],
    '`$exists`': [
      [{ 'resource.status': { $exists: true } }, true],
      [{ 'resource.status': { $exists: false } }, false],
      [{ 'resource.none': { $exists: true } }, true],
      [{ 'resource.nothing': { $exists: true } }, false],
      [{ 'resource.nothing': { $exists: false } }, true],
      [{ 'resource.address.city': { $exists: true } }, true],
      [{ 'resource.address.0': { $exists: true } }, true],
      [{ 'resource.tags.0': { $exists: true } }, false],
      [{ 'resource.tags.length': { $exists: true } }, false],
      [{ 'resource.status.length': { $exists: true } }, false],
      [{ 'resource.level.toFixed': { $exists: true } }, false],
      [{ 'resource.none.x': { $exists: true } }, false],
      [{ 'resource.no.x': { $exists: true } }, false],
      [{ 'resource.a.b': { $exists: true } }, false],
      [{ 'resource.address.toString': { $exists: true } }, false],
      [{ 'resource.__proto__': { $exists: true } }, false],
      [{ 'resource.constructor.name': { $exists: true } }, false],
    ],
  },
};

const cases = Object.entries(TABLES).flatMap(([table, rows]) =>
  Object.entries(rows).flatMap(([row, list]) =>
    list.map(([condition, truth]) => ({ table, row, condition, text: JSON.stringify(condition), truth })),
  ),
);

describe('a condition, as docs/conditions.md tells it', () => {
  it.each(cases)('$text is $truth', ({ condition, truth }) => {
    expect(evaluateCondition(parseCondition(condition), entities)).toBe(truth);
  });

  it.each(cases)('$text folds to $truth', ({ condition, truth }) => {
    expect(foldCondition(parseCondition(condition), entities)).toEqual({ kind: 'constant', truth });
  });

  it('has cases for each row of each table of the page, and no others', () => {
    expect(Object.fromEntries(Object.entries(TABLES).map(([table, rows]) => [table, Object.keys(rows)]))).toEqual(
      tablesOf(readFileSync(new URL('../../../docs/conditions.md', import.meta.url), 'utf8')),
    );
  });

  it('has cases that are true, false and unknown for each row of a comparison', () => {
    for (const [row, list] of Object.entries(TABLES['operator'] ?? {})) {
      const truths = new Set(list.map(([, truth]) => truth));
      // Whether a path is there is always known.
      expect(truths, row).toEqual(new Set(row === '`$exists`' ? [true, false] : [true, false, undefined]));
    }
  });
});

describe('everything of a root that is not there', () => {
  it.each(['resource.id', 'resource.type', 'resource.status', 'subject.id', 'action.name', 'context.ip'])(
    'is missing: %s',
    (path) => {
      expect(evaluateCondition(parseCondition({ [path]: { $exists: true } }), {})).toBe(false);
      expect(evaluateCondition(parseCondition({ [path]: 'draft' }), {})).toBeUndefined();
    },
  );

  it('is missing but for the identity, where there are no attributes', () => {
    const unregistered: Entities = { resource: { identity: { type: 'post', id: undefined }, attributes: null } };
    expect(evaluateCondition(parseCondition({ 'resource.type': 'post' }), unregistered)).toBe(true);
    expect(evaluateCondition(parseCondition({ 'resource.id': { $exists: true } }), unregistered)).toBe(false);
    expect(evaluateCondition(parseCondition({ 'resource.status': { $ne: 'x' } }), unregistered)).toBeUndefined();
  });

  it('leaves the identity missing where an attribute has its name', () => {
    const nameless: Entities = { resource: { identity: { type: 'post' }, attributes: { id: 'p1' } } };
    expect(evaluateCondition(parseCondition({ 'resource.id': 'p1' }), nameless)).toBeUndefined();
  });
});

/** The first cells of each table, by the heading of that column. */
function tablesOf(page: string): Record<string, string[]> {
  const tables: Record<string, string[]> = {};
  for (const table of page.matchAll(/(?:^\|.*\n)+/gm)) {
    const [heading = '', , ...rows] = table[0]
      .trim()
      .split('\n')
      .map((line) => (line.split('|')[1] ?? '').trim());
    tables[heading] = rows;
  }
  return tables;
}
