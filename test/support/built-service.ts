import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/** The built service, running as a process of its own. */
export interface BuiltService {
  readonly process: ChildProcess;
  readonly address: string;
  /** All that it has printed so far. */
  output(): string;
  /** Asks it to stop, as Ctrl-C does, and answers its exit code. */
  stop(): Promise<number | null>;
}

const running = new Set<ChildProcess>();

/** Ends whatever a failed test left running. */
export function endBuiltServices(): void {
  for (const child of running) child.kill('SIGTERM');
}

/** Starts `node dist/main.js` with these settings and no others, on a free port; fails with its output when it ends instead. */
export async function startBuiltService(settings: Record<string, string>): Promise<BuiltService> {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'], PORT: '0', ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  let output = '';
  const ended = once(child, 'exit') as Promise<[number | null]>;
  const address = await new Promise<string>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
        // The greeting ends with an empty line: nothing of it is still on its way then.
        const listening = /answers on (http:\S+)\n[\s\S]*\n\n/.exec(output)?.[1];
        if (listening !== undefined) resolve(listening);
      });
    }
    void ended.then(([code]) => reject(new Error(`The service ended with ${code}:\n${output}`)));
  });
  return {
    process: child,
    address,
    output: () => output,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGINT');
      const [code] = await ended;
      return code;
    },
  };
}

/** What the service printed when it loaded the demo. */
export function demoPassword(service: BuiltService): string {
  const password = /share the password (\S+)/.exec(service.output())?.[1];
  if (password === undefined) throw new Error(`No demo password was printed:\n${service.output()}`);
  return password;
}
