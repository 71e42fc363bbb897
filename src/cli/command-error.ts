import { EXIT, type ExitStatus } from './exit-status.js';

/** What a command can't go on from, before it comes to any work: wrong use unless its status says otherwise. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    message: string,
    readonly status: ExitStatus = EXIT.usage,
    /** Stable, for programs. */
    readonly code: string = status === EXIT.interrupted ? 'interrupted' : 'usage',
  ) {
    super(message);
  }
}
