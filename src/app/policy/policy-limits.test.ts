import { describe, expect, it } from 'vitest';
import { parsePolicy } from './parse-policy.js';

describe('a policy file', () => {
  it('has attributes and rules no larger than the API would take', () => {
    const large = JSON.stringify({ text: 'x'.repeat(65_536) });
    for (const [list, entry] of [
      ['users', '{ username: a, attributes: '],
      ['services', '{ id: a, attributes: '],
      ['objects', '{ type: t, id: a, attributes: '],
    ])
      expect(() => parsePolicy(`${list}: [${entry}${large} }]`, 'policy.yaml')).toThrow(
        `${list}.0.attributes: must take at most 65536 bytes in all`,
      );
    const rule = JSON.stringify({ permission: 'post:view', condition: { 'resource.a': 'x'.repeat(16_000) } });
    const role = (rules: number): string => `roles: [{ id: r, rules: [${Array(rules).fill(rule).join(', ')}] }]`;
    expect(parsePolicy(role(60), 'policy.yaml').roles).toHaveLength(1);
    expect(() => parsePolicy(role(70), 'policy.yaml')).toThrow('roles.0.rules: must take at most 1048576 bytes in all');
  });
});
