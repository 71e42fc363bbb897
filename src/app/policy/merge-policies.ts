import type { Policy } from './parse-policy.js';
import { parentsFirst } from './parents-first.js';
import { PolicyError } from './policy-error.js';
import { refName } from '../../core/model.js';
import { idOfUser, type PolicyContents } from './policy-schema.js';
import type { Finding, PolicyPlaces } from './policy-source.js';

type ListKey = {
  [Key in keyof PolicyContents]: PolicyContents[Key] extends readonly unknown[] ? Key : never;
}[keyof PolicyContents];

// By what an entry is told from the others of its list; null where two may be alike.
const NAMES: { readonly [Key in ListKey]: ((entry: PolicyContents[Key][number]) => string) | null } = {
  types: ({ id }) => id,
  users: idOfUser,
  services: ({ id }) => id,
  groups: ({ id }) => id,
  roles: ({ id }) => id,
  assignments: null,
  objects: refName,
  grants: null,
  tests: null,
};
const LIST_KEYS = Object.keys(NAMES) as ListKey[];

/** Where an entry of a merged list stands: in which policy, and there at which index. */
interface Origin {
  readonly policy: Policy;
  readonly index: number;
}

/**
 * One policy out of several: each list is that of all of them, one after another.
 *
 * @throws PolicyError `invalid_policy` where two of them are about the same type, user, service, group, role or object, or make a circle of objects.
 */
export function mergePolicies(policies: readonly Policy[]): Policy {
  const [only] = policies;
  if (only && policies.length === 1) return only;
  const places = new MergedPlaces(policies);
  const entriesOf = (key: ListKey): unknown[] => policies.flatMap((policy): readonly unknown[] => policy[key]);
  const contents = Object.fromEntries(LIST_KEYS.map((key) => [key, entriesOf(key)])) as PolicyContents;
  const faults = [...repeats(policies), ...circles(contents)];
  if (faults.length > 0) throw places.error(faults);
  return { ...contents, source: places };
}

function* repeats(policies: readonly Policy[]): Generator<Finding> {
  for (const key of LIST_KEYS) {
    const nameOf = NAMES[key] as ((entry: unknown) => string) | null;
    if (!nameOf) continue;
    const seen = new Map<string, string>();
    let offset = 0;
    for (const policy of policies) {
      for (const [index, entry] of policy[key].entries()) {
        const name = nameOf(entry);
        const first = seen.get(name);
        if (first === undefined) seen.set(name, policy.source.file);
        else yield { path: [key, offset + index], message: `${name} is in ${first} too; one file says all of it` };
      }
      offset += policy[key].length;
    }
  }
}

function* circles({ objects }: PolicyContents): Generator<Finding> {
  for (const index of parentsFirst(objects).inCircles)
    yield { path: ['objects', index, 'parent'], message: 'is the object itself, or below it' };
}

/** Tells of what is wrong with a merged policy by the files that it came from. */
class MergedPlaces implements PolicyPlaces {
  readonly file: string;

  constructor(private readonly policies: readonly Policy[]) {
    this.file = policies.map(({ source }) => source.file).join(', ');
  }

  error(findings: readonly Finding[], code?: string, options?: ErrorOptions): PolicyError {
    const byPolicy = new Map<Policy, Finding[]>();
    const unplaced: Finding[] = [];
    for (const finding of findings) {
      const [key, index, ...rest] = finding.path;
      const origin = this.#originOf(key, index);
      if (!origin) unplaced.push(finding);
      else {
        const found = byPolicy.get(origin.policy) ?? [];
        found.push({ ...finding, path: [key as string, origin.index, ...rest] });
        byPolicy.set(origin.policy, found);
      }
    }
    const problems = this.policies.flatMap((policy) => {
      const found = byPolicy.get(policy);
      return found ? policy.source.error(found, code).problems : [];
    });
    const ofNone = unplaced.map(({ path, message }) => ({
      file: this.file,
      line: undefined,
      column: undefined,
      path: path.join('.'),
      message,
    }));
    return new PolicyError(this.file, [...problems, ...ofNone], code, options);
  }

  #originOf(key: string | number | undefined, index: string | number | undefined): Origin | undefined {
    const known = LIST_KEYS.find((name) => name === key);
    if (known === undefined || index === undefined) return undefined;
    let left = Number(index);
    for (const policy of this.policies) {
      if (left < policy[known].length) return { policy, index: left };
      left -= policy[known].length;
    }
    return undefined;
  }
}
