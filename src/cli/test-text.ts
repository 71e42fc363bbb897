import type {
  AssertionResult,
  Coverage,
  PolicyTestRun,
  TestResult,
  Why,
} from '../app/policy-test/policy-test-result.js';
import { explanationText } from './explanation-text.js';
import type { Output } from './output.js';

type Paint = Output['paint'];

const PLAIN: Paint = (_colour, text) => text;

/** The results for a person: a line for each test, and under one that failed what was expected, what came, and why. */
export function testText({ tests, coverage }: PolicyTestRun, paint: Paint, listsCoverage: boolean): string[] {
  const failed = tests.filter(({ passed }) => !passed).length;
  return [
    ...tests.flatMap((test) => [
      `${test.passed ? paint('green', '✓') : paint('red', '✗')} ${test.name}`,
      ...failuresOf(test).flatMap((assertion) => indented(failureText(assertion, paint))),
    ]),
    '',
    `${tests.length} test${tests.length === 1 ? '' : 's'}: ${tests.length - failed} passed, ${failed} failed.`,
    ...coverageText(coverage, paint, listsCoverage),
  ];
}

/** The assertions of a test that do not hold. */
export function failuresOf({ assertions }: TestResult): AssertionResult[] {
  return assertions.filter(({ passed }) => !passed);
}

/** What was expected, what came, and why. */
export function failureText(assertion: AssertionResult, paint: Paint = PLAIN): string[] {
  const { place, says, why, notes } = assertion;
  return [
    `${place.file}:${place.line}:${place.column}: ${says}`,
    ...difference(assertion, paint),
    ...notes.map((note) => `note: ${note}`),
    ...why.flatMap((each) => whyText(each, paint)),
  ];
}

function difference({ expected, got }: AssertionResult, paint: Paint): string[] {
  if (typeof expected === 'string' || typeof got === 'string')
    return [paint('green', `- expected ${String(expected)}`), paint('red', `+ got ${String(got)}`)];
  return [
    ...expected.filter((name) => !got.includes(name)).map((name) => paint('green', `- expected ${name}`)),
    ...got.filter((name) => !expected.includes(name)).map((name) => paint('red', `+ got ${name}`)),
    ...expected.filter((name) => got.includes(name)).map((name) => `  ${name}`),
  ];
}

function whyText({ subject, action, object, explanation }: Why, paint: Paint): string[] {
  return explanationText(explanation, { subject, action, object }, paint);
}

/** How many rules the tests touch, and on demand which they do not. */
export function coverageText({ rules, touched, percent, untouched }: Coverage, paint: Paint, lists: boolean): string[] {
  const summary = `Rules touched: ${touched} of ${rules} (${percent}%).`;
  if (untouched.length === 0) return [summary];
  if (!lists) return [`${summary} --coverage lists the others.`];
  const places = untouched.map(({ place }) => `${place.file}:${place.line}:${place.column}`);
  const width = Math.max(...places.map((place) => place.length));
  return [
    summary,
    'Not touched by any assertion:',
    ...untouched.map(({ says }, index) => `  ${paint('yellow', (places[index] ?? '').padEnd(width))}  ${says}`),
  ];
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `    ${line}`);
}
