import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { parsePolicy } from '../policy/parse-policy.js';
import { runPolicyTests } from './run-policy-tests.js';

const page = readFileSync(new URL('../../../docs/policy-tests.md', import.meta.url), 'utf8');
const [example = '', workflow = ''] = [...page.matchAll(/(?:^ {4}.*\n|^\n)+/gm)]
  .map(([block]) => block.replace(/^ {4}/gm, ''))
  .filter((block) => block.trim() !== '');

it('the page on tests of a policy shows one whose tests hold', () => {
  const { passed, tests, coverage } = runPolicyTests(parsePolicy(example, 'docs/policy-tests.md'));
  expect({ passed, tests: tests.length, percent: coverage.percent }).toEqual({ passed: true, tests: 1, percent: 100 });
});

it('and a workflow that can be read', () => {
  const { jobs } = parse(workflow) as { jobs: { test: { steps: object[] } } };
  expect(jobs.test.steps).toContainEqual({
    run: 'npx castellan test policy/*.yaml --junit policy-tests.xml --min-coverage 90',
  });
});
