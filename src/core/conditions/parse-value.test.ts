import { describe, it } from 'vitest';
import { expectRefusal } from '../../../test/support/expect-refusal.js';
import { parseCondition } from './parse-condition.js';

describe('a value that does not fit is refused, naming where', () => {
  const dollar = 'must not begin with "$" within a value';
  it.each<[unknown, string, string]>([
    [{ 'resource.a': { $eq: { $gt: 1 } } }, 'condition.resource.a.$eq.$gt', dollar],
    [{ 'resource.a': { $eq: { b: { $c: 1 } } } }, 'condition.resource.a.$eq.b.$c', dollar],
    [{ 'resource.a': { $eq: { b: 1, $: 1 } } }, 'condition.resource.a.$eq.$', dollar],
    [{ 'resource.a': { b: [{ $ref: 'subject.a' }] } }, 'condition.resource.a.b.0.$ref', dollar],
    [{ 'resource.a': [1, { $ref: 'subject.a' }] }, 'condition.resource.a.1.$ref', dollar],
    [{ 'resource.a': { $in: [1, { $ref: 'subject.a' }] } }, 'condition.resource.a.$in.1.$ref', dollar],
    [{ 'resource.a': { $eq: { $ref: 'subject.a', b: 1 } } }, 'condition.resource.a.$eq.$ref', dollar],
    [{ 'resource.a': { $ref: 5 } }, 'condition.resource.a.$ref', 'must be a path'],
    [{ 'resource.a': { $gt: { $ref: null } } }, 'condition.resource.a.$gt.$ref', 'must be a path'],
    [{ 'resource.a': undefined }, 'condition.resource.a', 'must be JSON'],
    [{ 'resource.a': 1, 'resource.b': undefined }, 'condition.resource.b', 'must be JSON'],
    [{ 'resource.a': { $eq: { b: undefined } } }, 'condition.resource.a.$eq.b', 'must be JSON'],
    [{ 'resource.a': NaN }, 'condition.resource.a', 'must be JSON'],
    [{ 'resource.a': { $lt: Infinity } }, 'condition.resource.a.$lt', 'must be JSON'],
    [{ 'resource.a': new Date(0) }, 'condition.resource.a', 'must be JSON'],
    [{ 'resource.a': { $in: [/x/] } }, 'condition.resource.a.$in.0', 'must be JSON'],
    [{ 'resource.a': Array(2) }, 'condition.resource.a.0', 'must be JSON'],
    [{ 'resource.a': () => 1 }, 'condition.resource.a', 'must be JSON'],
    [{ 'resource.a': 'x\u0000' }, 'condition.resource.a', 'must be well-formed Unicode without NUL'],
    [
      { 'resource.a': { $in: ['x', '\udc00'] } },
      'condition.resource.a.$in.1',
      'must be well-formed Unicode without NUL',
    ],
    [
      { 'resource.a': { b: { '\ud800': 1 } } },
      'condition.resource.a.b.\ud800',
      'must be well-formed Unicode without NUL',
    ],
  ])('%j', expectRefused);

  it('a bigint', () => {
    expectRefused({ 'resource.a': 1n }, 'condition.resource.a', 'must be JSON');
  });
});

function expectRefused(condition: unknown, at: string, message: string): void {
  expectRefusal(() => parseCondition(condition), at, message);
}
