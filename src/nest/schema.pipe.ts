import { Injectable, StandardSchemaValidationPipe } from '@nestjs/common';
import { CastellanError, type FieldFault } from '../core/errors.js';

const MOST_FAULTS = 20;
// Names of members are the caller's own words: enough of one to find it.
const LONGEST_PATH = 200;

/** The part of a schema's issue that is told to the caller. */
interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** Reads bodies, paths and queries through the schemas that their parameters name. */
@Injectable()
export class SchemaPipe extends StandardSchemaValidationPipe {
  constructor() {
    super({ exceptionFactory: (issues) => refusal('invalid_request', issues) });
  }

  // Nest drops members such as `constructor` without a word. Here the schema refuses what it does not know, attributes may
  // have any name, and `__proto__` does not come this far.
  protected override stripProtoKeys(): void {}
}

/** The refusal of a request that its schema does not take: each fault with its path. */
export function refusal(code: 'invalid_request' | 'malformed_request', issues: readonly Issue[]): CastellanError {
  const faults = issues.slice(0, MOST_FAULTS).flatMap(faultsOf).slice(0, MOST_FAULTS);
  return new CastellanError(code, faults.map(({ path, message }) => `${path}: ${message}.`).join(' '), faults);
}

function faultsOf(issue: Issue): FieldFault[] {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  const unknown = unknownNames(issue);
  if (unknown) return unknown.map((name) => ({ path: pathName([...path, name]), message: 'is not known here' }));
  return [{ path: pathName(path) || 'body', message: issue.message }];
}

// Zod says of all unknown members together where they are, and in its own property which.
function unknownNames(issue: object): readonly string[] | undefined {
  return 'code' in issue && issue.code === 'unrecognized_keys' && 'keys' in issue
    ? (issue.keys as readonly string[])
    : undefined;
}

function pathName(path: readonly string[]): string {
  const name = path.join('.');
  return name.length > LONGEST_PATH ? `${name.slice(0, LONGEST_PATH).toWellFormed()}…` : name;
}
