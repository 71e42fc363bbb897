import { describe, expect, it } from 'vitest';
import { ConditionMemory } from './condition-memory.js';
import { FALSE, TRUE, UNKNOWN } from './condition.js';

describe('the memory of conditions', () => {
  it('gives what it keeps', () => {
    const memory = new ConditionMemory(100);
    expect(memory.keep('a', TRUE)).toBe(TRUE);
    memory.keep('b', FALSE);
    expect([memory.get('a'), memory.get('b'), memory.get('c')]).toEqual([TRUE, FALSE, undefined]);
  });

  it('keeps no more than twice what it may, and forgets what was not asked for of late', () => {
    const memory = new ConditionMemory(10);
    const texts = Array.from({ length: 50 }, (_, index) => `${index}`.padStart(2, '0'));
    for (const text of texts) {
      memory.keep(text, UNKNOWN);
      memory.get('00');
    }
    const kept = texts.filter((text) => memory.get(text));
    expect(kept.length).toBeLessThanOrEqual(10);
    expect(kept).toContain('00');
    expect(kept).toContain('49');
    expect(kept).not.toContain('01');
  });

  it('keeps also one that is longer than all may be', () => {
    const memory = new ConditionMemory(10);
    memory.keep('x'.repeat(50), TRUE);
    expect(memory.get('x'.repeat(50))).toBe(TRUE);
    memory.keep('y', FALSE);
    memory.keep('z'.repeat(50), FALSE);
    expect(memory.get('x'.repeat(50))).toBeUndefined();
  });
});
