import { describe, expect, it } from 'vitest';
import { describeError } from './error-description.js';

const SECRET = 'a-value-of-the-request';

class DatabaseError extends Error {
  readonly detail = `Key (username)=(${SECRET}) already exists.`;
  readonly query = `SELECT * FROM users WHERE name = '${SECRET}'`;
  readonly parameters = [SECRET];

  constructor(
    message: string,
    readonly code: string,
  ) {
    super(message);
  }
}

describe('the description of an error', () => {
  it('says what it was and where', () => {
    const described = describeError(new TypeError("Cannot read properties of undefined (reading 'id')"));
    expect(described).toMatchObject({
      type: 'TypeError',
      message: "Cannot read properties of undefined (reading 'id')",
    });
    expect(described.stack).toMatch(/^\s+at .*error-description\.test\.ts/);
  });

  it.each([
    new DatabaseError(`invalid input syntax for type uuid: "${SECRET}"`, '22P02'),
    new DatabaseError(`Key (username)=(${SECRET}) already exists.`, '23505'),
    Object.assign(new Error(`Invalid \`create()\` invocation:\n{ data: { passwordHash: "${SECRET}" } }`), {
      name: 'PrismaClientValidationError',
    }),
    new SyntaxError(`Unexpected token 'x', "${SECRET}" is not valid JSON`),
    new Error('The outer one.', { cause: new DatabaseError(`the value '${SECRET}' is out of range`, '22003') }),
  ])('leaves out the values and the SQL that come with it: %s', (error) => {
    const described = JSON.stringify(describeError(error));
    expect(described).not.toContain(SECRET);
    expect(described).not.toContain('SELECT');
  });

  it('keeps the code and the causes', () => {
    const cause = new DatabaseError('relation does not exist', '42P01');
    expect(describeError(new Error('It failed.', { cause }))).toMatchObject({
      message: 'It failed.',
      cause: { code: '42P01', message: 'relation does not exist' },
    });
  });

  it('ends also where causes go round, and with what is no error', () => {
    const circle = new Error('round');
    circle.cause = circle;
    expect(JSON.stringify(describeError(circle)).match(/round/g)?.length).toBeLessThan(10);
    expect(describeError(SECRET)).toEqual({ type: 'string', message: 'Something was thrown that is no error.' });
  });
});
