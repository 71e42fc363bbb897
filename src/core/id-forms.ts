/** How an app holds the ids of a type as something narrower than texts: a column of it reads several spellings as one id. */
export type NarrowIdForm = 'uuid' | 'int' | 'bigint';

/** How ids of a type are written where an app keeps them; `text` says that every spelling is an id of its own. */
export type IdForm = NarrowIdForm | 'text';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;
const WHOLE = /^(?:0|-?[1-9]\d{0,18})$/;
const BOUNDS = { int: [-(2n ** 31n), 2n ** 31n - 1n], bigint: [-(2n ** 63n), 2n ** 63n - 1n] } as const;

/** Whether the text is a uuid in the one spelling that an id may have: that in which Postgres writes it. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** The number that the text spells, in the only way to spell it; undefined for what is none, or does not fit. */
export function wholeNumber(text: string, form: 'int' | 'bigint'): bigint | undefined {
  if (!WHOLE.test(text)) return undefined;
  const [number, [least, largest]] = [BigInt(text), BOUNDS[form]];
  return number >= least && number <= largest ? number : undefined;
}

/** Whether an app can hold the id so. */
export function fitsForm(id: string, form: NarrowIdForm): boolean {
  return form === 'uuid' ? isUuid(id) : wholeNumber(id, form) !== undefined;
}
