import { describe, expect, it } from 'vitest';
import { parseCondition } from './conditions/parse-condition.js';
import { findingsOf } from './explain-findings.js';
import type { JsonObject } from './model.js';

const entities = {
  resource: { identity: { type: 'post', id: '1' }, attributes: { status: 'draft', size: 3 } },
  subject: { identity: { type: 'user', id: 'alice' }, attributes: { department: 'sales' } },
};
const found = (condition: JsonObject) => findingsOf(parseCondition(condition), entities);
const paths = (condition: JsonObject) => found(condition).map(({ path }) => path);

describe('what made a condition come out as it does', () => {
  it('is the comparison, in its full form, with the value that it met', () => {
    expect(found({ 'resource.status': 'published' })).toEqual([
      { path: 'resource.status', value: 'draft', comparison: { 'resource.status': { $eq: 'published' } } },
    ]);
  });

  it('has no value where the path is missing', () => {
    expect(found({ 'resource.owner': 'alice' })).toEqual([
      { path: 'resource.owner', comparison: { 'resource.owner': { $eq: 'alice' } } },
    ]);
    expect(found({ 'resource.owner': { $exists: true } })).toEqual([
      { path: 'resource.owner', comparison: { 'resource.owner': { $exists: true } } },
    ]);
  });

  it('names both ends of a comparison of two paths', () => {
    expect(found({ 'resource.status': { $ne: { $ref: 'subject.team' } } })).toEqual([
      {
        path: 'resource.status',
        value: 'draft',
        comparison: { 'resource.status': { $ne: { $ref: 'subject.team' } } },
        other: { path: 'subject.team' },
      },
    ]);
  });

  it.each([
    ['the false parts of an $and', { 'resource.status': 'published', 'resource.size': 3 }, ['resource.status']],
    [
      'the unknown parts of an $and that nothing makes false',
      { 'resource.owner': 'alice', 'resource.size': 3 },
      ['resource.owner'],
    ],
    [
      'the false part of an $and that has an unknown one too',
      { 'resource.owner': 'alice', 'resource.size': 4 },
      ['resource.size'],
    ],
    [
      'all parts of an $or that is false',
      { $or: [{ 'resource.status': 'published' }, { 'resource.size': 4 }] },
      ['resource.status', 'resource.size'],
    ],
    [
      'the unknown parts of an $or',
      { $or: [{ 'resource.status': 'published' }, { 'resource.owner': 'alice' }] },
      ['resource.owner'],
    ],
    [
      'what is true under a $not',
      { $not: { $or: [{ 'resource.status': 'draft' }, { 'resource.size': 4 }] } },
      ['resource.status'],
    ],
    ['both bounds of one path only where both fail', { 'resource.size': { $gte: 1, $lt: 3 } }, ['resource.size']],
  ])('is no more than it takes: %s', (_, condition, expected) => {
    expect(paths(condition as JsonObject)).toEqual(expected);
  });
});
