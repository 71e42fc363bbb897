import { createInterface } from 'node:readline';

/** Asks on a terminal; anything but a yes is a no, Ctrl-C and Ctrl-D too. */
export async function isYes(
  question: string,
  input: NodeJS.ReadableStream = process.stdin,
  screen: NodeJS.WritableStream = process.stderr,
): Promise<boolean> {
  const terminal = createInterface({ input, output: screen });
  const answer = new Promise<string>((resolve) => {
    terminal.question(question, resolve);
    terminal.once('SIGINT', () => {
      screen.write('\n');
      resolve('');
    });
    terminal.once('close', () => resolve(''));
  });
  try {
    return /^y(es)?$/i.test((await answer).trim());
  } finally {
    terminal.close();
  }
}
