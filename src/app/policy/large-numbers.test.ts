import { describe, expect, it } from 'vitest';
import { parsePolicy } from './parse-policy.js';

describe('a large number in a policy file', () => {
  it('is taken where it is written as it is kept, or as an export writes it', () => {
    const numbers = [1e300, -1e21, 9007199254740992, 123456789012345680000, 5e-324];
    for (const written of [
      JSON.stringify(numbers),
      '[1e300, -1.0e+21, 9007199254740992, 123456789012345680000, 5e-324]',
    ])
      for (const text of [
        `users: [{ username: a, attributes: { n: ${written} } }]`,
        `{"users":[{"username":"a","attributes":{"n":${written}}}]}`,
      ])
        expect(parsePolicy(text, 'policy.yaml').users[0]?.attributes).toEqual({ n: numbers });
  });

  it.each([
    ['users: [{ username: a, attributes: { n: [9007199254740993] } }]', '1:42'],
    ['{"users":[{"username":"a","attributes":{"n":[12345678901234567890]}}]}', '1:46'],
  ])('is refused where it would be kept as another: %s', (text, place) => {
    expect(() => parsePolicy(text, 'policy.yaml')).toThrow(
      `${place}: users.0.attributes.n.0: is a number too large to be kept exactly; quote it`,
    );
  });
});
