/** How a command ends: what a script can tell apart. docs/cli.md lists the same. */
export const EXIT = {
  /** Done; for `check`: allowed. */
  fine: 0,
  /** Not done; for `check`: denied. */
  no: 1,
  /** There are changes to apply: `plan` found some. */
  pending: 2,
  /** The command line, its input or a setting does not make sense. */
  usage: 64,
  /** The database is out of reach, or too busy. */
  unavailable: 69,
  /** Ended by Ctrl-C or SIGTERM. */
  interrupted: 130,
} as const;
export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];
