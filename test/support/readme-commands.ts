import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

/** What came of one `curl` line of a README, and what its comment says comes of it: `200, says "total":1`. */
export interface CurlOutcome {
  readonly line: string;
  readonly status: string;
  readonly body: string;
  readonly expected: { readonly status: string | undefined; readonly says: readonly string[] };
}

/** Runs the `curl` lines of a README in one shell and in their order, each part of a line replaced as told. */
export async function runCurlLines(
  readme: URL,
  replaced: Readonly<Record<string, string>>,
  cwd: string,
): Promise<CurlOutcome[]> {
  const text = await readFile(readme, 'utf8');
  const lines = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
    .flatMap(([, block = '']) => block.trim().split('\n'))
    .filter((line) => /^(curl|export) /.test(line));
  const script = lines.map((line) => {
    const command = Object.entries(replaced).reduce((shown, [from, to]) => shown.replaceAll(from, to), line);
    return command.replace(/^curl/, "printf '\\x1e'; curl -s -w '\\n%{http_code}'");
  });
  const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script.join('\n')], { cwd });
  const answers = stdout.split('\u001e').slice(1);
  return lines
    .filter((line) => line.startsWith('curl'))
    .map((line, index) => {
      const [, body = '', status = ''] = /^([^]*)\n(\d+)$/.exec(answers[index] ?? '') ?? [];
      const [wanted, ...says] = (/ # (.*)$/.exec(line)?.[1] ?? '').split(', says ');
      return { line, body, status, expected: { status: wanted, says } };
    });
}
