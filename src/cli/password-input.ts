import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { CommandError } from './command-error.js';
import { EXIT } from './exit-status.js';

// Well over the longest password, in whatever encoding.
const MOST_BYTES = 16_384;

/**
 * All of the stream but one line break at its end.
 *
 * @throws CommandError when there is nothing, or too much.
 */
export async function readPasswordFromStdin(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MOST_BYTES) throw new CommandError('The standard input holds more than a password.');
  }
  const password = Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
  if (password === '') throw new CommandError('The standard input holds no password.');
  return password;
}

/**
 * Asks for a password twice, showing nothing of it.
 *
 * @throws CommandError when the two differ, or none is given.
 */
export async function promptForPassword(input: NodeJS.ReadStream, screen: NodeJS.WriteStream): Promise<string> {
  const password = await ask('Password: ', input, screen);
  const again = await ask('Again: ', input, screen);
  if (password === '') throw new CommandError('No password was given.');
  if (password !== again) throw new CommandError('The two passwords differ.');
  return password;
}

function ask(question: string, input: NodeJS.ReadStream, screen: NodeJS.WriteStream): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  // As a terminal, the interface takes over the echo; and sends it nowhere.
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
  screen.write(question);
  return new Promise((resolve, reject) => {
    lines.once('line', resolve);
    lines.once('SIGINT', () => reject(new CommandError('Cancelled: nothing was changed.', EXIT.interrupted)));
    lines.once('close', () => reject(new CommandError('No password was given.')));
  }).finally(() => {
    lines.close();
    screen.write('\n');
  }) as Promise<string>;
}
