import { createMongoAbility, subject, type MongoAbility, type RawRuleOf } from '@casl/ability';
import { unpackRules } from '@casl/ability/extra';
import { describe, expect, it } from 'vitest';
import { CastellanError } from '../core/errors.js';
import { AuthzEngine, type SubjectRules } from '../core/ports/engine.js';
import { abilityFor, packedAbilityFor, type AbilityOptions } from './abilities.js';

const alice = { type: 'user', id: 'alice' };
const permission = { type: 'post', action: 'change' };

/** An engine that knows nothing but rules. */
class Rules extends AuthzEngine {
  asked = 0;

  constructor(private readonly answer: () => SubjectRules) {
    super();
  }

  rulesOf(): Promise<SubjectRules> {
    this.asked += 1;
    return new Promise((resolve) => resolve(this.answer()));
  }

  decideAll = notAsked;
  actions = notAsked;
  objects = notAsked;
  close = notAsked;
}

const notAsked = () => Promise.reject(new Error('not asked'));

const own = { 'resource.author': { $ref: 'subject.id' }, 'context.office': true };
const engine = new Rules(() => ({
  rules: [
    { permission, effect: 'allow', condition: own, fields: null },
    { permission, effect: 'deny', condition: { 'resource.level': { $gt: { $ref: 'subject.level' } } }, fields: null },
  ],
  subjectAttributes: { level: 3 },
}));

const inOffice: AbilityOptions = { context: { office: true } };
const post = (row: object) => subject('post', row);

const FORMS: [
  string,
  (options: AbilityOptions) => Promise<{ can(action: string, thing: object | string): boolean }>,
][] = [
  ['an ability', (options) => abilityFor(engine, alice, options)],
  [
    'a packed ability, unpacked,',
    async (options) => {
      const { rules } = await packedAbilityFor(engine, alice, options);
      return createMongoAbility(unpackRules<RawRuleOf<MongoAbility>>(rules));
    },
  ],
];

describe.each(FORMS)('%s', (_, make) => {
  it('is made of the rules, the attributes and the context of the subject, for rows', async () => {
    const ability = await make(inOffice);
    expect(ability.can('change', post({ author: 'alice', level: 2 }))).toBe(true);
    expect(ability.can('change', post({ author: 'alice', level: 4 }))).toBe(false);
    expect(ability.can('change', post({ author: 'bob', level: 2 }))).toBe(false);
    expect(ability.can('change', post({ author: 'alice' }))).toBe(false);
    expect(ability.can('change', 'post')).toBe(true);
  });

  it('knows nothing of a context that it is not given', async () => {
    const ability = await make({});
    expect(ability.can('change', post({ author: 'alice', level: 2 }))).toBe(false);
    expect(ability.can('change', 'post')).toBe(false);
  });

  it('looks for attributes where they are said to be', async () => {
    const ability = await make({ ...inOffice, attributes: 'attributes' });
    expect(ability.can('change', post({ attributes: { author: 'alice', level: 2 } }))).toBe(true);
    expect(ability.can('change', post({ author: 'alice', level: 2 }))).toBe(false);
  });
});

describe('an ability of an engine', () => {
  it('asks for the rules each time', async () => {
    const before = engine.asked;
    await abilityFor(engine, alice);
    await abilityFor(engine, alice);
    await packedAbilityFor(engine, alice);
    expect(engine.asked - before).toBe(3);
  });

  it('is not made when the rules can not be had', async () => {
    const away = new Rules(() => {
      throw new CastellanError('database_unavailable', 'away');
    });
    await expect(abilityFor(away, alice)).rejects.toMatchObject({ code: 'database_unavailable' });
    await expect(packedAbilityFor(away, alice)).rejects.toMatchObject({ code: 'database_unavailable' });
  });
});
