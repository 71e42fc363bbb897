import { ForbiddenError, subject } from '@casl/ability';
import { permittedFieldsOf } from '@casl/ability/extra';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { abilityOf, type TypeRule } from './casl-ability.js';
import { decide } from './decide.js';
import { coversField } from './field-scope.js';
import type { JsonObject } from './model.js';

const permission = { type: 'document', action: 'view' };
const alice = { identity: { id: 'alice', type: 'user' }, attributes: { department: 'sales', level: 3 } };

const CONDITIONS: (JsonObject | null)[] = [
  null,
  { 'resource.department': { $ref: 'subject.department' } },
  { 'resource.owner': { $ref: 'subject.id' } },
  { 'resource.status': { $ne: 'archived' } },
  { 'subject.level': { $gte: { $ref: 'resource.level' } } },
  { $not: { 'resource.status': 'draft' } },
  { 'subject.level': { $gt: 2 } },
  { 'subject.level': { $gt: 5 } },
  { 'subject.missing': 1 },
  { $or: [{ 'context.urgent': true }, { 'action.name': 'change' }] },
];

const anyRule: fc.Arbitrary<TypeRule> = fc.record({
  permission: fc.constantFrom(permission, { type: 'document', action: 'change' }, { type: 'note', action: 'view' }),
  effect: fc.constantFrom('allow', 'allow', 'deny'),
  condition: fc.constantFrom(...CONDITIONS),
  fields: fc.constantFrom(null, null, ['title'], ['title', 'body']),
});
const anyAttributes: fc.Arbitrary<JsonObject> = fc
  .record(
    {
      department: fc.constantFrom('sales', 'support'),
      owner: fc.constantFrom('alice', 'bob'),
      status: fc.constantFrom('draft', 'archived', 'published'),
      level: fc.constantFrom(2, 3, 4, '3'),
    },
    { requiredKeys: [] },
  )
  .map((attributes) => ({ ...attributes }));

describe('the ability of a subject', () => {
  it('allows what a decision by the same rules allows, also field by field', () => {
    let allowed = 0;
    fc.assert(
      fc.property(fc.array(anyRule, { maxLength: 5 }), anyAttributes, (rules, attributes) => {
        const ability = abilityOf(rules, { subject: alice }, { attributes: 'attributes' });
        const row = abilityOf(rules, { subject: alice });
        const decision = decide(
          { subject: { type: 'user', id: 'alice' }, permission, object: { type: 'document', id: '1' } },
          {
            subject: 'active',
            superuser: false,
            typeKnown: true,
            actionKnown: true,
            objectKnown: true,
            mode: 'union',
            subjectAttributes: alice.attributes,
            objectAttributes: attributes,
            rules: rules
              .filter((rule) => rule.permission === permission)
              .map(({ effect, condition, fields }, index) => ({
                id: String(index),
                source: 'grant',
                placed: 'everywhere',
                effect,
                condition,
                fields,
              })),
          },
        );
        const resource = { type: 'document', id: '1', attributes };
        allowed += decision.allowed ? 1 : 0;
        expect(ability.can('view', resource)).toBe(decision.allowed);
        const asRow = subject('document', { id: 1, ...attributes });
        expect(row.can('view', asRow)).toBe(decision.allowed);
        for (const field of ['title', 'body', 'other']) {
          const covered = decision.allowed && coversField(decision.fields, field);
          expect(ability.can('view', resource, field)).toBe(covered);
          expect(row.can('view', asRow, field)).toBe(covered);
        }
      }),
      { numRuns: 1500 },
    );
    expect(allowed).toBeGreaterThan(150);
  });

  it.each(['manage', 'all'])('takes the name %j for itself alone', (word) => {
    const rule = { effect: 'allow', condition: null, fields: null } as const;
    const ability = abilityOf([{ ...rule, permission: { type: word, action: word } }], { subject: alice });
    expect(ability.can(word, subject(word, {}))).toBe(true);
    expect(ability.can('view', subject('document', {}))).toBe(false);
    expect(ability.can('view', 'document')).toBe(false);
  });
});

describe('the things that an ability is asked about', () => {
  const allow = (condition: JsonObject | null, fields: string[] | null = null): TypeRule => ({
    permission,
    effect: 'allow',
    condition,
    fields,
  });
  class Document {
    static readonly modelName = 'document';
    #status = 'draft';
    constructor(readonly id: number | bigint | string | null) {}
    get status(): string {
      return this.#status;
    }
  }
  class note {
    readonly status = 'draft';
  }
  const drafts = abilityOf([allow({ 'resource.status': 'draft' })], { subject: alice });

  it('may be instances of a class with the name of the type, or that says it as its modelName', () => {
    expect(drafts.can('view', new Document(1))).toBe(true);
    expect(drafts.can('view', new note())).toBe(false);
    const rule = { ...allow(null), permission: { type: 'note', action: 'view' } };
    expect(abilityOf([rule], { subject: alice }).can('view', new note())).toBe(true);
  });

  it('are of the type that `subject` gives them, and of none by what they hold', () => {
    expect(drafts.can('view', subject('document', { status: 'draft', type: 'note' }))).toBe(true);
    expect(drafts.can('view', { status: 'draft', type: 'document' })).toBe(false);
    expect(drafts.can('view', { status: 'draft', constructor: Document })).toBe(false);
    expect(drafts.can('view', Object.assign(Object.create(null) as object, { status: 'draft' }))).toBe(false);
    expect(drafts.can('view', subject('note', { status: 'draft' }))).toBe(false);
  });

  it('have the id that conditions know as a text', () => {
    const mine = abilityOf([allow({ 'resource.id': { $in: ['7', 'seven'] } })], { subject: alice });
    expect([7, 7n, '7', 'seven', 8, null].map((id) => mine.can('view', new Document(id)))).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it('have attributes as JSON has them: a date is its text, and what JSON has no word for is missing', () => {
    const date = new Date('2030-01-31T09:00:00Z');
    const decimal = { toJSON: () => '1.50' };
    const can = (condition: JsonObject, row: object): boolean =>
      abilityOf([allow(condition)], { subject: alice }).can('view', subject('document', row));
    expect(can({ 'resource.at': { $lt: '2030-02' } }, { at: date })).toBe(true);
    expect(can({ 'resource.at': { $lt: '2030-01' } }, { at: date })).toBe(false);
    expect(can({ 'resource.price': '1.50' }, { price: decimal })).toBe(true);
    expect(can({ 'resource.days': { $contains: '2030-01-31T09:00:00.000Z' } }, { days: [date] })).toBe(true);
    for (const at of [new Date(Number.NaN), undefined, Number.NaN, 5n, Symbol('at'), () => 5, { n: 5n }])
      expect(can({ 'resource.at': { $ne: 'x' } }, { at })).toBe(at instanceof Date);
    expect(can({ 'resource.at': null }, { at: new Date(Number.NaN) })).toBe(true);
    expect(can({ 'resource.toString': { $exists: true } }, {})).toBe(false);
  });

  it('are asked about anew each time', () => {
    const row = subject('document', { status: 'draft' });
    expect(drafts.can('view', row)).toBe(true);
    Object.assign(row, { status: 'published' });
    expect(drafts.can('view', row)).toBe(false);
  });

  it('work with the other tools of CASL', () => {
    const ability = abilityOf(
      [allow({ 'resource.status': 'draft' }, ['title']), allow({ 'resource.id': '1' }, ['body'])],
      {
        subject: alice,
      },
    );
    const all = { fieldsFrom: ({ fields = [] }: { fields: string[] | undefined }) => fields };
    expect(permittedFieldsOf(ability, 'view', new Document(1), all).toSorted()).toEqual(['body', 'title']);
    expect(permittedFieldsOf(ability, 'view', new Document(2), all)).toEqual(['title']);
    expect(() => ForbiddenError.from(ability).throwUnlessCan('change', new Document(1))).toThrow(ForbiddenError);
    expect(ability.actionsFor('document')).toEqual(['view']);
  });
});
