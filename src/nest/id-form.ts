import { fitsForm, isUuid, type IdForm } from '../core/id-forms.js';

/** One form for all types, or one for each that is named. */
export type IdForms = IdForm | Readonly<Record<string, IdForm>>;

const FORMS: ReadonlySet<IdForm | undefined> = new Set(['uuid', 'int', 'bigint', 'text', undefined]);
const WHOLE = /^(?:0|-?[1-9]\d*)$/;

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
  if (!FORMS.has(form)) return false;
  if (form === 'text') return true;
  if (form !== undefined) return fitsForm(id, form);
  return isUuid(id) || WHOLE.test(id) || !(isLikeUuid(id) || isLikeWhole(id));
}

/** @throws TypeError for what is no form. */
export function requireIdForm(form: IdForm | undefined): void {
  if (!FORMS.has(form))
    throw new TypeError(`${JSON.stringify(form)} is no form of ids: say uuid, int, bigint or text.`);
}

// Most ids are neither, and looked at no further.
const UUID_DIGITS = 32;
const MAY_BE_WHOLE = /^[\s_]*(?:[+\-.\d]|$)/;

function isLikeUuid(id: string): boolean {
  if (id.length < UUID_DIGITS) return false;
  const digits = id
    .trim()
    .replace(/^urn:uuid:/i, '')
    .replaceAll(/[-{}]/g, '');
  return /^[0-9a-f]{32}$/i.test(digits);
}

// Postgres takes 1_000 too, and Number 1e3 and 7.0. What is longer than any number would be read as Infinity.
function isLikeWhole(id: string): boolean {
  if (!MAY_BE_WHOLE.test(id)) return false;
  const digits = id.trim().replaceAll('_', '');
  return (
    digits !== '' &&
    (Number.isInteger(Number(digits)) || /^[+-]?\s*(?:\d+|0x[0-9a-f]+|0o[0-7]+|0b[01]+)$/i.test(digits))
  );
}
