import { COMPARISONS } from '../../core/conditions/condition.js';
import { DEEPEST_NESTING } from '../../core/conditions/parse-condition.js';

const SAYS: Readonly<Record<string, string>> = {
  $eq: 'Is this value, or that of another path: { "$ref": "subject.id" }.',
  $ne: 'Is another value.',
  $in: 'Is one of these.',
  $nin: 'Is none of these.',
  $lt: 'Is less.',
  $lte: 'Is less, or the same.',
  $gt: 'Is more.',
  $gte: 'Is more, or the same.',
  $exists: 'Is there (true), or is not (false).',
  $contains: 'Is a list with this in it, or a text with this in it.',
  $startsWith: 'Is a text that starts with this.',
  $not: 'None of this is so.',
};

const operators = Object.fromEntries(
  [...COMPARISONS, '$exists', '$not'].map((name) => [
    name,
    {
      description: SAYS[name] ?? 'A comparison.',
      ...(name === '$in' || name === '$nin' ? { type: ['array', 'object'] } : {}),
      ...(name === '$exists' ? { type: 'boolean' } : {}),
      ...(name === '$not' ? { $ref: '#/$defs/operators' } : {}),
    },
  ]),
);

const PATH = { description: 'Another path.', type: 'string', pattern: '^(resource|subject|action|context)\\.[^.]' };

const parts = (description: string): object => ({
  description,
  type: 'array',
  minItems: 1,
  items: { $ref: '#/$defs/condition' },
});

/** The definitions by which the schema of a policy file knows conditions. */
export const CONDITION_DEFINITIONS = {
  condition: {
    description: `What has to be so, by paths of what is asked about: { "resource.status": "draft" }. At most ${DEEPEST_NESTING} deep.`,
    type: 'object',
    properties: {
      $and: parts('All of these.'),
      $or: parts('At least one of these.'),
      $not: { description: 'Not this.', $ref: '#/$defs/condition' },
    },
    patternProperties: {
      '^(resource|subject|action|context)\\.[^.]': {
        description: 'A value that it has to be, or operators.',
        anyOf: [
          { type: ['string', 'number', 'boolean', 'null', 'array'] },
          { $ref: '#/$defs/operators' },
          { type: 'object', required: ['$ref'], properties: { $ref: PATH }, additionalProperties: false },
          { type: 'object', minProperties: 1, propertyNames: { pattern: '^[^$]|^$' } },
        ],
      },
    },
    additionalProperties: false,
  },
  operators: { type: 'object', minProperties: 1, properties: operators, additionalProperties: false },
};
