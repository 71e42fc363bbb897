import { describe, expect, it } from 'vitest';
import { translateDatabaseError } from './database-errors.js';

describe('an error of the database', () => {
  it.each(['timeout expired', 'Connection terminated unexpectedly', "Can't reach database server at 127.0.0.1:5432"])(
    'is told as a database out of reach: %s',
    (message) => {
      expect(translateDatabaseError(new Error(message))).toMatchObject({ code: 'database_unavailable' });
    },
  );

  it('stays as it is where it says nothing of the connection', () => {
    const error = new Error('the timeout expired of something else');
    expect(translateDatabaseError(error)).toBe(error);
  });
});
