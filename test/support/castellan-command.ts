import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** The demo's file. */
export const DEMO = fileURLToPath(new URL('../../demo/demo.yaml', import.meta.url));

/** How a command ended, and all that it printed. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the built `castellan`, with these settings and no others. */
export function startCastellan(
  settings: Record<string, string>,
  args: readonly string[],
): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { PATH: process.env['PATH'], ...settings } });
  const said = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
  const closed = once(child, 'close') as Promise<[number | null]>;
  return { child, ended: closed.then(([status]) => ({ status, ...said })) };
}

/** Runs it to its end, with this on its standard input. */
export async function castellan(settings: Record<string, string>, args: readonly string[], input = ''): Promise<Ended> {
  const { child, ended } = startCastellan(settings, args);
  child.stdin?.end(input);
  return ended;
}
