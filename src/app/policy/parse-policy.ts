import type { z } from 'zod';
import { PolicySource, type Finding, type PolicyPlaces } from './policy-source.js';
import { policyContents, type PolicyContents } from './policy-schema.js';

/** What a policy file asks for, or several of them, and where it stands. */
export interface Policy extends PolicyContents {
  readonly source: PolicyPlaces;
}

/**
 * Reads the text of a policy file: YAML 1.2 or JSON.
 *
 * @throws PolicyError `invalid_policy`, telling of everything that is wrong with its form.
 * @example
 * const policy = parsePolicy('users: [{ username: alice }]', 'policy.yaml');
 */
export function parsePolicy(text: string, file: string): Policy {
  const source = new PolicySource(text, file);
  const result = policyContents.safeParse(source.value, { error: messageOf });
  if (!result.success) throw source.error(result.error.issues.flatMap(findingsOf));
  const { $schema: _, ...contents } = result.data;
  return { ...contents, source };
}

const MISSING = 'is missing';

function findingsOf(issue: z.core.$ZodIssue): Finding[] {
  const path = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  if (issue.message === MISSING) return [{ path: path.slice(0, -1), key: String(path.at(-1)), message: MISSING }];
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
  return issue.keys.map((key) => ({ path, key, message: 'is not a key that belongs here' }));
}

// Undefined leaves the message to the schema, or to zod.
function messageOf(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.inst === policyContents && issue.code === 'invalid_type') return `must be a map of ${LISTS.join(', ')}`;
  if (issue.code === 'invalid_value')
    return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`;
  if (issue.code === 'invalid_format' && issue.format === 'email') return 'must be an email address';
  if (issue.code !== 'invalid_type') return undefined;
  if (issue.input === undefined) return MISSING;
  return NAMES[issue.expected] === undefined ? undefined : `must be ${NAMES[issue.expected]}`;
}

const LISTS = Object.keys(policyContents.shape).filter((key) => key !== '$schema');

const NAMES: Readonly<Record<string, string | undefined>> = {
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  record: 'a map',
};
