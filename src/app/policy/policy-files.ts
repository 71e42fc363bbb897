import { mergePolicies } from './merge-policies.js';
import type { Policy } from './parse-policy.js';
import { PolicyError } from './policy-error.js';
import { loadPolicyFile } from './policy-file.js';

/**
 * Reads policy files as one policy; `-` is the standard input. What is wrong with any of them is told all at once.
 *
 * @throws PolicyError when one can't be read, is too large or is not in form, or when two are about the same thing.
 * @example
 * const policy = await loadPolicyFiles(['types.yaml', 'roles.yaml']);
 */
export async function loadPolicyFiles(paths: readonly string[]): Promise<Policy> {
  const policies: Policy[] = [];
  const errors: PolicyError[] = [];
  for (const path of paths) {
    try {
      const again = paths.indexOf(path) < policies.length + errors.length;
      if (again) throw repeated(path);
      policies.push(await loadPolicyFile(path));
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error;
      errors.push(error);
    }
  }
  const [first] = errors;
  if (!first) return mergePolicies(policies);
  if (errors.length === 1) throw first;
  const files = errors.map(({ file }) => file).join(', ');
  throw new PolicyError(
    files,
    errors.flatMap(({ problems }) => problems),
    first.code,
    { cause: first },
  );
}

function repeated(path: string): PolicyError {
  const file = path === '-' ? 'standard input' : path;
  const problem = { file, line: undefined, column: undefined, path: '', message: 'is named twice' };
  return new PolicyError(file, [problem]);
}
