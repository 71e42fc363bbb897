import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { demoPassword, startBuiltService, type BuiltService } from '../support/built-service.js';
import { temporaryFolder, type TemporaryFolder } from '../support/temporary-folder.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The README's shell commands, in their order, each with what its comment says comes of it. */
async function commands(): Promise<{ command: string; expected: string }[]> {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  return [...readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
    .flatMap(([, block = '']) => block.trim().split('\n'))
    .map((line) => {
      const [, command = line, expected = ''] = /^(.*?)\s+# (.*)$/.exec(line) ?? [];
      return { command, expected };
    });
}

describe('the README', () => {
  let folder: TemporaryFolder;
  let service: BuiltService;

  beforeAll(async () => {
    folder = await temporaryFolder('readme');
    service = await startBuiltService({ CASTELLAN_DATA_DIR: join(folder.path, 'data') });
  });
  afterAll(async () => {
    expect(await service?.stop()).toBe(0);
    await folder.remove();
  });

  it('has commands that do what it says they do, in its order', async () => {
    const password = demoPassword(service);
    const steps = (await commands()).filter(({ command }) => !command.startsWith('npm ci'));
    // What is exported or assigned holds for the lines after it, so all of them run in one shell.
    const script = steps
      .map(({ command, expected }, index) => {
        const shown = command
          .replaceAll('http://127.0.0.1:3000', service.address)
          .replaceAll('the-one-that-start-printed', password)
          .replaceAll('npx castellan', `node ${join(ROOT, 'dist/cli/main.js')}`)
          .replaceAll('cookies.txt', join(folder.path, 'cookies.txt'))
          .replaceAll('demo/demo.yaml', join(ROOT, 'demo/demo.yaml'));
        const measured = expected === '' ? shown : shown.replace(/^curl/, "curl -s -w '\\n%{http_code}'");
        return `echo '<<${index}'\n${measured}\necho\necho '${index}>>'`;
      })
      .join('\n');
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: folder.path,
      env: { ...process.env, CASTELLAN_DATA_DIR: join(folder.path, 'data') },
    });
    const checked = steps.map(({ command, expected }, index) => {
      const [, answer = ''] = new RegExp(`^<<${index}\\n([\\s\\S]*?)\\n${index}>>$`, 'm').exec(stdout) ?? [];
      if (expected === '') return false;
      const [status, ...says] = expected.split(', ');
      const lines = answer.trim().split('\n');
      expect(lines.at(-1), `${command}\n${answer}`).toBe(status);
      for (const say of says) {
        const [, verb, what = ''] = /^(holds|not|says) (.*)$/.exec(say) ?? [];
        const text = verb === 'says' ? what : `"id":"${what}"`;
        expect(answer.includes(text), `${command} ${say}\n${answer}`).toBe(verb !== 'not');
      }
      return true;
    });
    expect(checked.filter(Boolean).length).toBeGreaterThan(20);
  });

  it('has its two lines', async () => {
    const readme = (await commands()).map(({ command }) => command);
    expect(readme).toContain('npm ci && npm start');
    expect(readme).toContain('npm ci && npm test');
  });
});
