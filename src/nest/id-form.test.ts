import { describe, expect, it } from 'vitest';
import type { IdForm } from '../core/id-forms.js';
import { idFormOf, isCanonicalId, requireIdForm } from './id-form.js';

const UUID = '01a20a90-11bb-7631-85cd-ce1033cea832';
const BARE = UUID.replaceAll('-', '');
// What Postgres casts to the same uuid.
const OTHER_UUIDS = [
  UUID.toUpperCase(),
  `{${UUID}}`,
  BARE,
  `{${BARE}}`,
  `urn:uuid:${UUID}`,
  ` ${UUID}`,
  '01a2-0a90-11bb-7631-85cd-ce10-33ce-a832',
];
// What Postgres, Number or parseInt read as 7, or as some other whole number.
const OTHER_NUMBERS = [
  '007',
  '+7',
  ' 7',
  '7 ',
  '-0',
  '-07',
  '00',
  '7.0',
  '7e0',
  '0x7',
  '0o7',
  '0b111',
  '1_000',
  '-0x7',
  '_7',
  '_ 7',
  '_ _',
  '+_7',
  '.0',
  '\u00a07',
  '\ufeff7',
  '0'.repeat(200) + '7',
];
const TEXTS = ['readme', 'a/b', 'MiXed', '1.5', '-', '7a', '2024-05-01', 'urn:x', '{}', 'v007', 'deadbeef', '_'];

describe('the form of an id', () => {
  it.each<[form: IdForm | undefined, ids: string[]]>([
    ['uuid', [UUID]],
    ['int', ['0', '7', '-7', '2147483647', '-2147483648']],
    ['bigint', ['0', '7', '2147483648', '9223372036854775807', '-9223372036854775808']],
    ['text', [UUID, '7', ...OTHER_UUIDS, ...OTHER_NUMBERS, ...TEXTS]],
    [undefined, [UUID, '0', '7', '-7', '9'.repeat(40), ...TEXTS]],
  ])('%s has one spelling for each', (form, ids) => {
    expect(ids.filter((id) => !isCanonicalId(id, form))).toEqual([]);
  });

  it.each<[form: IdForm | undefined, ids: string[]]>([
    ['uuid', [...OTHER_UUIDS, ...TEXTS, '7', '']],
    ['int', [...OTHER_NUMBERS, ...TEXTS, UUID, '', '2147483648', '-2147483649', '9'.repeat(30)]],
    ['bigint', [...OTHER_NUMBERS, ...TEXTS, UUID, '', '9223372036854775808', '-9223372036854775809', '9'.repeat(256)]],
    [undefined, [...OTHER_UUIDS, ...OTHER_NUMBERS]],
    ['UUID' as IdForm, [UUID]],
  ])('%s takes no other spelling', (form, ids) => {
    expect(ids.filter((id) => isCanonicalId(id, form))).toEqual([]);
  });

  it('is that of all types, or of the one that is asked for', () => {
    expect(idFormOf('int', 'post')).toBe('int');
    expect(idFormOf({ post: 'uuid' }, 'post')).toBe('uuid');
    expect(idFormOf({ post: 'uuid' }, 'toString')).toBeUndefined();
    expect(idFormOf(undefined, 'post')).toBeUndefined();
  });

  it('is refused where there is no such form', () => {
    expect(() => requireIdForm('UUID' as IdForm)).toThrow(TypeError);
    expect(() => requireIdForm(undefined)).not.toThrow();
  });
});
