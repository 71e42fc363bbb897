import { SOON, LATER, PAST, doc, ABOVE, BELOW, BESIDE, DRAFT, OWN, type Held, type Handed } from './handing-out.js';

/** What the author holds, what is handed, and whether that is covered. Unless said: doc:view, on the folder `at`, without anything else. */
export const CASES: readonly (readonly [says: string, held: Held[], handed: Handed, covered: boolean])[] = [
  ['nothing', [], {}, false],
  ['the same', [{}], {}, true],
  ['the same, above', [{ object: ABOVE }], {}, true],
  ['the same, everywhere', [{ object: null }], {}, true],
  ['the same, below', [{ object: BELOW }], {}, false],
  ['the same, elsewhere', [{ object: BESIDE }], {}, false],
  ['another permission', [{ permission: 'doc:change' }], {}, false],
  ['what is handed everywhere, on an object', [{ object: ABOVE }], { place: null }, false],
  ['what is handed everywhere, everywhere', [{ object: null }], { place: null }, true],
  ['what there is not', [{ object: null }], { permission: 'doc:fly' }, false],
  ['on an object that is not there', [{ object: null }], { place: doc('missing') }, false],

  ['less: with a condition', [{ condition: DRAFT }], {}, false],
  ['the same condition', [{ condition: DRAFT }], { condition: DRAFT }, true],
  ['another condition', [{ condition: DRAFT }], { condition: OWN }, false],
  ['a part of the condition', [{ condition: DRAFT }], { condition: { ...OWN, ...DRAFT } }, true],
  ['a condition with more parts', [{ condition: { ...OWN, ...DRAFT } }], { condition: DRAFT }, false],
  [
    'a condition that only looks like a part',
    [{ condition: { 'resource.status': { $in: ['draft'] } } }],
    { condition: { 'resource.status': { $in: ['draft', 'final'] } } },
    false,
  ],
  ['more: without the condition', [{}], { condition: DRAFT }, true],
  ['two halves of it, each with a condition', [{ condition: DRAFT }, { condition: OWN }], {}, false],

  ['less: some fields', [{ fields: ['title'] }], {}, false],
  ['the same fields', [{ fields: ['title'] }], { fields: ['title'] }, true],
  ['fewer fields', [{ fields: ['title'] }], { fields: ['title', 'body'] }, false],
  ['more fields', [{ fields: ['title', 'body'] }], { fields: ['title'] }, true],
  ['all fields', [{}], { fields: ['title'] }, true],

  ['it for a time, handed for good', [{ expiresAt: SOON }], {}, false],
  ['it for a time, handed for longer', [{ expiresAt: SOON }], { expiresAt: LATER }, false],
  ['it for a time, handed for the same', [{ expiresAt: SOON }], { expiresAt: SOON }, true],
  ['it for good, handed for a time', [{}], { expiresAt: SOON }, true],
  ['what is over', [{ expiresAt: PAST }], { expiresAt: PAST }, false],
  ['what has not begun', [{ startsAt: SOON }], {}, false],

  ['it, and is denied it there', [{}, { effect: 'deny' }], {}, false],
  ['it, and is denied it above', [{}, { effect: 'deny', object: ABOVE }], {}, false],
  ['it, and is denied it everywhere', [{}, { effect: 'deny', object: null }], {}, false],
  ['it, and is denied it below', [{}, { effect: 'deny', object: BELOW }], {}, false],
  ['it, and is denied it elsewhere', [{}, { effect: 'deny', object: BESIDE }], {}, true],
  ['it, and is denied some of its fields', [{}, { effect: 'deny', fields: ['salary'] }], {}, false],
  ['it, and is denied it under a condition', [{}, { effect: 'deny', condition: DRAFT }], {}, false],
  ['it, and is to be denied it', [{}, { effect: 'deny', startsAt: SOON }], {}, false],
  ['it, and was denied it', [{}, { effect: 'deny', expiresAt: PAST }], {}, true],
  [
    'it everywhere, and is denied it somewhere',
    [{ object: null }, { effect: 'deny', object: BESIDE }],
    { place: null },
    false,
  ],
];
