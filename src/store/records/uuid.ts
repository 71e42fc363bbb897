import { validate } from 'uuid';

/** Whether the text can be a generated id at all: Postgres refuses to compare anything else with one. */
export function isUuid(text: string): boolean {
  // Postgres reads other spellings too; one thing has one id.
  return validate(text) && text === text.toLowerCase();
}
