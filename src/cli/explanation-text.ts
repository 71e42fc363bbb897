import type { ConsideredRule, Json, ToldExplanation, ToldRule } from '../app/operator-explain.js';
import type { Output } from './output.js';

/** What was asked, in the words of the command line. */
export interface AskedWords {
  readonly subject: string;
  readonly action: string;
  /** An object, or a type alone. */
  readonly object: string;
}

type Missed = ToldExplanation['missed'][number];
type Miss = Missed['miss'];
type Paint = Output['paint'];

const LONGEST_VALUE = 120;

/** The explanation for a person: the verdict, and under it each rule with the way to it. */
export function explanationText(explanation: ToldExplanation, asked: AskedWords, paint: Paint): string[] {
  const { decision, counted, missed, moreElsewhere, mode } = explanation;
  const word = decision.allowed ? paint('green', 'allow') : paint('red', 'deny');
  return [
    `${word}: ${verdict(explanation, asked)}`,
    ...unknownThings(explanation, asked),
    ...tree(
      'What counted:',
      counted.map((rule) => ruleLines(rule, paint)),
    ),
    ...tree(
      'What nearly did:',
      missed.map((rule) => ruleLines(rule, paint, missText(rule.miss, mode))),
    ),
    ...(moreElsewhere ? ['There are more, placed elsewhere.'] : []),
  ];
}

function verdict({ decision, mode }: ToldExplanation, { subject, action, object }: AskedWords): string {
  const type = object.split(':', 1)[0] ?? object;
  const where = object === type ? `${type} (no object in particular)` : object;
  const may = `${subject} may ${decision.allowed ? '' : 'not '}${action} ${where}`;
  const reasons: Readonly<Record<typeof decision.reason, string>> = {
    superuser: ': a superuser may do everything.',
    rule_allows: `, by the mode ${mode}.`,
    rule_denies: ': a rule denies it.',
    no_rule_allows: `: no rule allows it${mode === 'union' ? '' : ` by the mode ${mode}`}.`,
    subject_inactive: `: ${subject} is not active.`,
    narrowed: ': the token does not name it.',
    unknown_type: `: there is no type ${type}.`,
    unknown_action: `: ${action} is no action of the type ${type}.`,
  };
  return `${may}${reasons[decision.reason]}`;
}

function unknownThings({ unknown }: ToldExplanation, { subject, object }: AskedWords): string[] {
  const sentences = {
    subject: `There is no ${subject}: it holds what anyone holds.`,
    object: `There is no ${object}: only rules placed everywhere count for it.`,
  };
  return unknown.map((what) => sentences[what]);
}

function tree(title: string, branches: readonly string[][]): string[] {
  if (branches.length === 0) return [];
  return [
    title,
    ...branches.flatMap(([first = '', ...further], index) => {
      const isLast = index === branches.length - 1;
      return [`${isLast ? '└─' : '├─'} ${first}`, ...further.map((line) => `${isLast ? '  ' : '│ '} ${line}`)];
    }),
  ];
}

function ruleLines(rule: ToldRule, paint: Paint, miss?: string): string[] {
  const effect = paint(rule.effect === 'allow' ? 'green' : 'red', rule.effect);
  const why = miss === undefined ? '' : `: ${paint('yellow', miss)}`;
  if ('outside' in rule) return [`${effect}, placed outside of what may be seen${why}`];
  const { path, permission, source, id } = rule;
  const way = [...path.map(({ type, id: name }) => `${type}:${name}`), permission].join(' → ');
  return [
    `${effect} ${rule.place ? `on ${rule.place.type}:${rule.place.id}` : 'everywhere'}${why}`,
    `${way}, by ${source === 'grant' ? `the grant ${id}` : `rule ${id} of the role`}`,
    ...limitsOf(rule),
  ];
}

function limitsOf({ condition, fields, startsAt, expiresAt }: ConsideredRule): string[] {
  const limits = [
    ...(condition ? [`where ${shown(condition)}`] : []),
    ...(fields ? [`for the fields ${fields.join(', ')}`] : []),
    ...(startsAt === null ? [] : [`from ${startsAt}`]),
    ...(expiresAt === null ? [] : [`until ${expiresAt}`]),
  ];
  return limits.length > 0 ? [limits.join(', ')] : [];
}

function missText(miss: Miss, mode: string): string {
  const texts: Readonly<Record<Miss['why'], string>> = {
    not_started: `not started${'startsAt' in miss ? ` until ${miss.startsAt}` : ''}`,
    expired: `expired${'expiresAt' in miss ? ` on ${miss.expiresAt}` : ''}`,
    condition_false: `its condition is false${because(miss)}`,
    condition_unknown: `its condition is unknown${because(miss)}`,
    denied: `denied by ${'by' in miss && miss.by !== null ? miss.by : 'another rule'}`,
    mode: `the mode ${mode} needs one placed ${needed(miss)}${mode === 'both' ? ' as well' : ''}`,
    fields: 'it denies some fields only',
    elsewhere: 'placed elsewhere',
  };
  return texts[miss.why];
}

function needed(miss: Miss): string {
  return 'needs' in miss && miss.needs === 'everywhere' ? 'everywhere' : 'on the object or above it';
}

function because(miss: Miss): string {
  if (!('because' in miss) || miss.because.length === 0) return '';
  const findings = miss.because.map((finding) => {
    const { path, comparison } = finding;
    if ('hidden' in finding) return `${path} does not fit ${shown(comparison[path] ?? null)}`;
    const other = finding.other ? ` and ${met(finding.other)}` : '';
    return `${met(finding)}${other}, for ${shown(comparison[path] ?? null)}`;
  });
  return ` because ${findings.join('; ')}`;
}

function met(at: { readonly path: string; readonly value?: Json }): string {
  return at.value === undefined ? `${at.path} is missing` : `${at.path} = ${shown(at.value)}`;
}

/** The value as JSON on one line, without what a terminal would obey. */
function shown(value: Json): string {
  const text = JSON.stringify(value).replace(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, escaped);
  const letters = [...text];
  return letters.length > LONGEST_VALUE ? `${letters.slice(0, LONGEST_VALUE).join('')}…` : text;
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
