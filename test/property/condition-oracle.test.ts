import { describe, expect, it } from 'vitest';
import { truthOf, type Circumstances, type Truth } from './condition-oracle.js';
import type { JsonObject } from './world.js';

const given: Circumstances = {
  resource: {
    type: 'post',
    id: '1',
    attributes: {
      status: 'draft',
      level: 2,
      none: null,
      tags: ['a', ['b'], 1],
      address: { city: 'Rome', zip: null },
      id: 'hidden',
      name: 'Zoë',
      list: ['a', 'b'],
    },
  },
  subject: { type: 'user', id: 'alice', attributes: { status: 'draft', department: 'law', tags: ['x'] } },
  action: { name: 'view', properties: { name: 'hidden', id: 'request' } },
  context: { id: 'c', hour: 9 },
};

const UNKNOWN = undefined;
type Row = readonly [JsonObject, Truth];

const tables: Readonly<Record<string, readonly Row[]>> = {
  'a path that is there, and one that is missing': [
    [{ 'resource.status': 'draft' }, true],
    [{ 'resource.status': 'published' }, false],
    [{ 'resource.missing': 'draft' }, UNKNOWN],
    [{ 'resource.none': null }, true],
    [{ 'resource.missing': null }, UNKNOWN],
    [{ 'resource.address.city': 'Rome' }, true],
    [{ 'resource.address.zip': null }, true],
    [{ 'resource.address.zip.a': null }, UNKNOWN],
    [{ 'resource.tags.0': 'a' }, UNKNOWN],
    [{ 'resource.tags.length': 3 }, UNKNOWN],
    [{ 'resource.status.length': 5 }, UNKNOWN],
    [{ 'resource.toString': 'a' }, UNKNOWN],
    [{ 'context.hour': 9 }, true],
    [{ 'context.minute': 9 }, UNKNOWN],
  ],
  'an identity, which hides the attribute of its name': [
    [{ 'resource.id': '1' }, true],
    [{ 'resource.type': 'post' }, true],
    [{ 'subject.id': 'alice' }, true],
    [{ 'subject.type': 'user' }, true],
    [{ 'action.name': 'view' }, true],
    [{ 'action.id': 'request' }, true],
    [{ 'context.id': 'c' }, true],
    [{ 'resource.id.a': '1' }, UNKNOWN],
  ],
  'the same, as JSON': [
    [{ 'resource.level': 2 }, true],
    [{ 'resource.level': '2' }, false],
    [{ 'resource.level': { $ne: '2' } }, true],
    [{ 'resource.address': { zip: null, city: 'Rome' } }, true],
    [{ 'resource.address': { city: 'Rome' } }, false],
    [{ 'resource.list': ['a', 'b'] }, true],
    [{ 'resource.list': ['b', 'a'] }, false],
    [{ 'resource.status': { $eq: { $ref: 'subject.status' } } }, true],
    [{ 'resource.status': { $ref: 'subject.department' } }, false],
    [{ 'resource.status': { $ref: 'subject.missing' } }, UNKNOWN],
    [{ 'resource.missing': { $ne: 1 } }, UNKNOWN],
  ],
  'one of several': [
    [{ 'resource.status': { $in: ['draft', 1] } }, true],
    [{ 'resource.status': { $in: [] } }, false],
    [{ 'resource.status': { $nin: [] } }, true],
    [{ 'resource.status': { $nin: ['draft'] } }, false],
    [{ 'resource.missing': { $nin: ['draft'] } }, UNKNOWN],
    [{ 'subject.id': { $in: { $ref: 'resource.tags' } } }, false],
    [{ 'subject.id': { $in: { $ref: 'resource.status' } } }, UNKNOWN],
    [{ 'subject.id': { $nin: { $ref: 'resource.status' } } }, UNKNOWN],
    [{ 'subject.id': { $nin: { $ref: 'resource.tags' } } }, true],
  ],
  'order, by number or by code point': [
    [{ 'resource.level': { $lt: 3 } }, true],
    [{ 'resource.level': { $lte: 2 } }, true],
    [{ 'resource.level': { $gt: 2 } }, false],
    [{ 'resource.level': { $gte: '2' } }, UNKNOWN],
    [{ 'resource.none': { $lt: 3 } }, UNKNOWN],
    [{ 'resource.tags': { $lt: 'z' } }, UNKNOWN],
    [{ 'resource.name': { $lt: 'a' } }, true],
    [{ 'resource.name': { $gt: 'Zo' } }, true],
    [{ 'context.hour': { $gte: { $ref: 'resource.level' } } }, true],
    [{ 'context.hour': { $gte: { $ref: 'resource.missing' } } }, UNKNOWN],
  ],
  'an element, a part and a beginning': [
    [{ 'resource.tags': { $contains: 'a' } }, true],
    [{ 'resource.tags': { $contains: ['b'] } }, true],
    [{ 'resource.tags': { $contains: 'b' } }, false],
    [{ 'resource.tags': { $contains: '1' } }, false],
    [{ 'resource.status': { $contains: 'raf' } }, true],
    [{ 'resource.status': { $contains: '' } }, true],
    [{ 'resource.status': { $contains: '%' } }, false],
    [{ 'resource.status': { $contains: 1 } }, UNKNOWN],
    [{ 'resource.level': { $contains: 2 } }, UNKNOWN],
    [{ 'resource.status': { $startsWith: 'dr' } }, true],
    [{ 'resource.status': { $startsWith: '_r' } }, false],
    [{ 'resource.level': { $startsWith: '2' } }, UNKNOWN],
    [{ 'resource.status': { $startsWith: { $ref: 'resource.level' } } }, UNKNOWN],
  ],
  'whether it is there': [
    [{ 'resource.none': { $exists: true } }, true],
    [{ 'resource.none': { $exists: false } }, false],
    [{ 'resource.missing': { $exists: false } }, true],
    [{ 'resource.missing': { $exists: true } }, false],
    [{ 'resource.tags.0': { $exists: false } }, true],
  ],
  'true, false and unknown together': [
    [{ $and: [{ 'resource.level': 1 }, { 'resource.missing': 1 }] }, false],
    [{ $and: [{ 'resource.level': 2 }, { 'resource.missing': 1 }] }, UNKNOWN],
    [{ $or: [{ 'resource.level': 2 }, { 'resource.missing': 1 }] }, true],
    [{ $or: [{ 'resource.level': 1 }, { 'resource.missing': 1 }] }, UNKNOWN],
    [{ $or: [{ 'resource.level': 1 }, { 'resource.level': 3 }] }, false],
    [{ $not: { 'resource.level': 1 } }, true],
    [{ $not: { 'resource.missing': 1 } }, UNKNOWN],
    [{ 'resource.level': { $not: { $gt: 1 } } }, false],
    [{ 'resource.level': { $gt: 1, $lt: 2 } }, false],
    [{ 'resource.level': { $gt: 1, $lte: 2 } }, true],
    [{ 'resource.level': 2, 'resource.missing': 1 }, UNKNOWN],
    [{ 'resource.level': 1, 'resource.missing': 1 }, false],
  ],
};

describe('the plain reading of a condition', () => {
  it.each(Object.entries(tables))('knows %s', (_, rows) => {
    for (const [condition, truth] of rows) expect(truthOf(condition, given), JSON.stringify(condition)).toBe(truth);
  });

  it('orders a character beyond the first plane after all within it', () => {
    const named = (name: string): Circumstances => ({ ...given, context: { name } });
    expect(truthOf({ 'context.name': { $gt: '\uFF5A' } }, named('😀'))).toBe(true);
    expect(truthOf({ 'context.name': { $lt: 'ab' } }, named('a'))).toBe(true);
    expect(truthOf({ 'context.name': { $gt: 'a' } }, named('ab'))).toBe(true);
  });
});
