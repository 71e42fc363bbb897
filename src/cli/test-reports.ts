import type { AssertionResult, PolicyTestRun, TestResult } from '../app/policy-test/policy-test-result.js';
import { coverageText, failuresOf, failureText } from './test-text.js';

/**
 * The results as the Test Anything Protocol: a point for each test.
 *
 * @see https://testanything.org/tap-version-14-specification.html
 */
export function tapText({ tests, coverage }: PolicyTestRun): string[] {
  return [
    'TAP version 14',
    `1..${tests.length}`,
    ...tests.flatMap((test, index) => [
      `${test.passed ? 'ok' : 'not ok'} ${index + 1} - ${onOneLine(test.name).replace(/[\\#]/g, String.raw`\$&`)}`,
      ...(test.passed ? [] : diagnostics(test)),
    ]),
    ...coverageText(coverage, (_colour, text) => text, true).map((line) => `# ${line}`),
  ];
}

// What stood on a line of its own would be a point, or the end of all of it.
function onOneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}

// A block of YAML below the point; JSON is YAML too.
function diagnostics(test: TestResult): string[] {
  const { file, line } = test.place;
  const failures = failuresOf(test);
  return [
    '  ---',
    `  message: ${JSON.stringify(failures.map(({ says }) => says).join('; '))}`,
    `  at: ${JSON.stringify({ file, line })}`,
    '  failures:',
    ...failures.flatMap(failureLines),
    '  ...',
  ];
}

function failureLines(failure: AssertionResult): string[] {
  const why = failureText(failure).map((text) => `        ${text}`);
  return [
    `    - says: ${JSON.stringify(failure.says)}`,
    `      expected: ${JSON.stringify(failure.expected)}`,
    `      got: ${JSON.stringify(failure.got)}`,
    '      why: |-',
    ...why,
  ];
}

/**
 * The results as JUnit's XML: a case for each test.
 *
 * @see https://github.com/testmoapp/junitxml
 */
export function junitText({ tests }: PolicyTestRun): string {
  const failed = tests.filter(({ passed }) => !passed).length;
  const asserted = tests.reduce((sum, { assertions }) => sum + assertions.length, 0);
  const counts = `tests="${tests.length}" failures="${failed}" errors="0" assertions="${asserted}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="castellan" ${counts}>`,
    `  <testsuite name="castellan test" ${counts}>`,
    ...tests.flatMap(caseLines),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function caseLines(test: TestResult): string[] {
  const { file, line } = test.place;
  const open = `    <testcase name="${xml(test.name)}" classname="${xml(file)}" file="${xml(file)}" line="${line}" assertions="${test.assertions.length}"`;
  if (test.passed) return [`${open}/>`];
  return [
    `${open}>`,
    ...failuresOf(test).map(
      (failure) => `      <failure message="${xml(failure.says)}">${xml(failureText(failure).join('\n'))}</failure>`,
    ),
    '    </testcase>',
  ];
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

// XML has no word for control characters, not even an escaped one.
function xml(text: string): string {
  return text
    .replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
    .replace(/[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd');
}
