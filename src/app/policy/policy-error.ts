/** Where something stands in a policy file: keys and indices from its top. */
export type PolicyPath = readonly (string | number)[];

/** One thing wrong with a policy file: where (`roles.0.rules.1`; '' for the file as a whole), and what. */
export interface PolicyProblem {
  readonly file: string;
  /** From 1; undefined where the file could not be read at all. */
  readonly line: number | undefined;
  /** From 1. */
  readonly column: number | undefined;
  readonly path: string;
  readonly message: string;
}

/** How many problems a message tells of; `problems` has all of them. */
const MOST_TOLD = 20;

/**
 * A policy file that can't be loaded. Its message has a line for each problem, as compilers write them
 * (`policy.yaml:12:7: users.0.email: must be an email address`); nothing of the file has been applied.
 */
export class PolicyError extends Error {
  override readonly name = 'PolicyError';

  constructor(
    readonly file: string,
    /** At least one, in the order of the file. */
    readonly problems: readonly PolicyProblem[],
    /** `invalid_policy`, or the code of the error that applying the file met. */
    readonly code: string = 'invalid_policy',
    options?: ErrorOptions,
  ) {
    super(messageOf(problems), options);
  }

  /** Of the first problem, as are `column` and `path`. */
  get line(): number | undefined {
    return this.problems[0]?.line;
  }

  get column(): number | undefined {
    return this.problems[0]?.column;
  }

  get path(): string {
    return this.problems[0]?.path ?? '';
  }
}

function messageOf(problems: readonly PolicyProblem[]): string {
  const told = problems.slice(0, MOST_TOLD).map(({ file, line, column, path, message }) => {
    const place = line === undefined ? file : `${file}:${line}:${column}`;
    return path === '' ? `${place}: ${message}` : `${place}: ${path}: ${message}`;
  });
  if (problems.length > MOST_TOLD) told.push(`… and ${problems.length - MOST_TOLD} more.`);
  return told.join('\n');
}
