import { ruleName, type ChangeSummary, type PolicyChange } from '../app/policy/policy-change.js';
import type { PolicyResult } from '../app/policy/policy-result.js';

type Paint = (colour: 'green' | 'red' | 'yellow', text: string) => string;
type Values = Readonly<Record<string, unknown>>;

const SIGNS = { create: ['green', '+'], update: ['yellow', '~'], delete: ['red', '-'] } as const;
// What the name says already, and what is as it usually is.
const TOLD_BY_NAME = new Set(['id', 'type', 'builtIn']);
const USUAL: Values = { active: true, superuser: false, mode: 'union' };
// Lists without an order.
const SETS = new Set(['actions', 'creatorActions', 'rules', 'includes']);
const NAME_SAYS_ALL = new Set<PolicyChange['kind']>(['member', 'assignment', 'grant']);

/** The lines that tell a person what changes, and what is kept though no file names it. */
export function diffLines({ changes, kept }: Pick<PolicyResult, 'changes' | 'kept'>, paint: Paint): string[] {
  const lines = changes.flatMap((change) => {
    const [colour, sign] = SIGNS[change.change];
    return [paint(colour, `${sign} ${change.kind} ${change.name}`), ...detailsOf(change).map((line) => `    ${line}`)];
  });
  const told = kept.map(({ kind, name, holders, count }) => {
    const more = count > holders.length ? `; and ${count - holders.length} more` : '';
    return `${paint('yellow', `= ${kind} ${name}`)} is kept, for what hangs on it: ${holders.join('; ')}${more}`;
  });
  return [...lines, ...told];
}

/** How many things it is about, in words that say whether it is done yet. */
export function summaryLine({ create, update, delete: gone }: ChangeSummary, done: boolean): string {
  if (create + update + gone === 0) return done ? 'Nothing was to be changed.' : 'Nothing to change.';
  return done
    ? `Applied: ${create} made, ${update} changed, ${gone} removed.`
    : `Plan: ${create} to make, ${update} to change, ${gone} to remove.`;
}

function detailsOf({ kind, change, before, after, takesAlong }: PolicyChange): string[] {
  if (change === 'delete') return [];
  const [old, now] = [before as Values | null, after as Values];
  if (old)
    return [
      ...Object.keys(now).flatMap((key) => differences(key, old[key], now[key])),
      ...(takesAlong ? [`takes along: rules ${takesAlong.rules}, grants ${takesAlong.grants}`] : []),
    ];
  if (NAME_SAYS_ALL.has(kind)) return [];
  return Object.entries(now).flatMap(([key, value]) =>
    TOLD_BY_NAME.has(key) || isNothing(value) || value === USUAL[key] ? [] : [`${key}: ${valueText(key, value)}`],
  );
}

/** A line for each value that differs: members of sets, and attributes, one by one. */
function differences(key: string, before: unknown, after: unknown): string[] {
  if (sameText(before, after)) return [];
  if (SETS.has(key) && Array.isArray(before) && Array.isArray(after)) {
    const [had, has] = [before.map(memberText), after.map(memberText)];
    return [
      ...has.filter((one) => !had.includes(one)).map((one) => `${key}: + ${one}`),
      ...had.filter((one) => !has.includes(one)).map((one) => `${key}: - ${one}`),
    ];
  }
  if (key === 'attributes' && isMap(before) && isMap(after)) {
    const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted();
    return names.flatMap((name) => differences(`attributes.${name}`, before[name], after[name]));
  }
  if (key === 'password') return [`password: ${valueText(key, after)}`];
  return [`${key}: ${valueText(key, before)} → ${valueText(key, after)}`];
}

function valueText(key: string, value: unknown): string {
  if (value === null || value === undefined) return 'none';
  if (value === 'set' && key === 'password') return value;
  if (SETS.has(key) && Array.isArray(value)) return value.map(memberText).join(', ');
  if (key === 'parent' && isMap(value)) return `${String(value['type'])}:${String(value['id'])}`;
  return JSON.stringify(value);
}

function memberText(member: unknown): string {
  if (isMap(member) && typeof member['permission'] === 'string')
    return ruleName(member as Parameters<typeof ruleName>[0]);
  return typeof member === 'string' ? member : JSON.stringify(member);
}

function isMap(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || (typeof value === 'object' && Object.keys(value).length === 0);
}

function sameText(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
