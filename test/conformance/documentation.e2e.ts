import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyPolicyAsOperator } from '../../src/app/policy/operator-policy.js';
import { loadPolicyFile } from '../../src/app/policy/policy-file.js';
import { PASSWORD, startTestService, type TestService } from '../support/service.js';
import { user } from './certified-service.js';

const run = promisify(execFile);
/** Stands for the token that the page before was answered with. */
const TOKEN = '1Yx…';
const fileOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

let service: TestService;

beforeAll(async () => {
  service = await startTestService();
  for (const username of ['alice', 'bob', 'carol', 'dave', 'gateway']) await service.addUser(username);
  await applyPolicyAsOperator(service.store, await loadPolicyFile(fileOf('demo/demo.yaml')));
  await service.arrange((unit) =>
    unit.grants.create([{ subject: user('gateway'), permission: 'access:evaluate', object: null }]),
  );
});
afterAll(() => service.stop());

/** The page's commands, in their order, each with the answer that it shows. */
async function commands(): Promise<{ command: string; shown: string | undefined }[]> {
  const page = await readFile(fileOf('docs/authzen.md'), 'utf8');
  return [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block = '']) => {
    const [command = '', shown] = block.trim().split('\n# ');
    return { command, shown };
  });
}

describe('the page on AuthZEN', () => {
  it('shows what its commands are answered', async () => {
    const { port } = service.app.getHttpServer().address() as AddressInfo;
    const own = (text: string): string => text.replaceAll('127.0.0.1:3000', `127.0.0.1:${port}`);
    let token = '';
    let compared = 0;
    for (const { command, shown } of await commands()) {
      const script = own(command).replace('curl', 'curl -sf').replace('$PASSWORD', '"$PASSWORD"').replace(TOKEN, token);
      const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], { env: { ...process.env, PASSWORD } });
      token = /"next_token":"([\w-]+)"/.exec(stdout)?.[1] ?? token;
      if (shown === undefined) continue;
      expect(inOrder(stdout), command).toMatch(asPattern(inOrder(own(shown).replace(TOKEN, '…'))));
      compared += 1;
    }
    expect(compared).toBeGreaterThan(8);
  });
});

// The tests' own superuser is made before the demo, and not after it.
function inOrder(answer: string): string {
  return answer.replace(/(?<="results":\[).*(?=\])/, (results) =>
    results
      .split(/(?<=\}),/)
      .toSorted()
      .join(),
  );
}

/** Where the page leaves something out, anything may stand. */
function asPattern(text: string): RegExp {
  const parts = text.split('…').map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`);
}
