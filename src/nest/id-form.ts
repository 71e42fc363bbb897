/**
 * How ids of a type are written where the app keeps them: a column of `uuid`, `int` or `bigint` reads several spellings as one id. `text` says
 * that every spelling is an id of its own.
 */
export type IdForm = 'uuid' | 'int' | 'bigint' | 'text';

/** One form for all types, or one for each that is named. */
export type IdForms = IdForm | Readonly<Record<string, IdForm>>;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const WHOLE = /^(?:0|-?[1-9]\d*)$/;
// The longest bigint has 20 characters.
const withinBits = (bits: number, id: string): boolean =>
  WHOLE.test(id) && id.length <= 20 && BigInt.asIntN(bits, BigInt(id)) === BigInt(id);

const CANONICAL: ReadonlyMap<IdForm | undefined, (id: string) => boolean> = new Map<
  IdForm | undefined,
  (id: string) => boolean
>([
  ['uuid', (id) => UUID.test(id)],
  ['int', (id) => withinBits(32, id)],
  ['bigint', (id) => withinBits(64, id)],
  ['text', () => true],
  [undefined, (id) => UUID.test(id) || WHOLE.test(id) || !(isLikeUuid(id) || isLikeWhole(id))],
]);

/** The form of a type's ids; undefined where it is not said. */
export function idFormOf(forms: IdForms | undefined, type: string): IdForm | undefined {
  if (forms === undefined || typeof forms === 'string') return forms;
  return Object.hasOwn(forms, type) ? forms[type] : undefined;
}

/**
 * Whether the id is written in the one way that its form has. Where no form is said, what a database or `Number` would read as a UUID or a whole
 * number has to be written as they write it: rules are held on that spelling, and any other would be decided without them.
 */
export function isCanonicalId(id: string, form: IdForm | undefined): boolean {
  return CANONICAL.get(form)?.(id) ?? false;
}

/** @throws TypeError for what is no form. */
export function requireIdForm(form: IdForm | undefined): void {
  if (!CANONICAL.has(form))
    throw new TypeError(`${JSON.stringify(form)} is no form of ids: say uuid, int, bigint or text.`);
}

function isLikeUuid(id: string): boolean {
  const digits = id
    .trim()
    .replace(/^urn:uuid:/i, '')
    .replaceAll(/[-{}]/g, '');
  return /^[0-9a-f]{32}$/i.test(digits);
}

// Postgres takes 1_000 too, and Number 1e3 and 7.0. What is longer than any number would be read as Infinity.
function isLikeWhole(id: string): boolean {
  const digits = id.trim().replaceAll('_', '');
  return (
    digits !== '' &&
    (Number.isInteger(Number(digits)) || /^[+-]?\s*(?:\d+|0x[0-9a-f]+|0o[0-7]+|0b[01]+)$/i.test(digits))
  );
}
