// Tells many worlds: `npm run test:property -- --worlds 100000`, with `--seed 7` to start from a certain place.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const EVERY = { terminal: 1_000, elsewhere: 60_000 };

const { values } = parseArgs({ options: { worlds: { type: 'string', default: '20000' }, seed: { type: 'string' } } });
const worlds = wholeNumber('worlds', values.worlds);
const seed = values.seed === undefined ? undefined : wholeNumber('seed', values.seed);

const folder = mkdtempSync(join(tmpdir(), 'castellan-worlds-'));
const started = Date.now();
const vitest = resolve(import.meta.dirname, '../../node_modules/vitest/vitest.mjs');
const child = spawn(process.execPath, [vitest, 'run', '--project', 'e2e', 'test/property'], {
  cwd: resolve(import.meta.dirname, '../..'),
  stdio: ['ignore', 'pipe', 'inherit'],
  env: {
    ...process.env,
    CASTELLAN_TEST_WORLDS: String(worlds),
    CASTELLAN_TEST_PROGRESS: folder,
    ...(seed === undefined ? {} : { CASTELLAN_TEST_SEED: String(seed) }),
  },
});

// What vitest says is held back: it would be written over by the line that tells how far it is.
const said = [];
child.stdout.on('data', (chunk) => said.push(chunk));

const isTerminal = process.stderr.isTTY;
const timer = setInterval(showProgress, isTerminal ? EVERY.terminal : EVERY.elsewhere);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill(signal));
child.once('close', (status) => {
  clearInterval(timer);
  showProgress();
  if (isTerminal) process.stderr.write('\n');
  process.stdout.write(Buffer.concat(said));
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = status ?? 1;
});

function showProgress() {
  const told = readdirSync(folder).reduce((sum, file) => sum + Number(readFileSync(join(folder, file), 'utf8')), 0);
  const seconds = (Date.now() - started) / 1000;
  const left = told > 0 ? `, ${inWords((seconds / told) * (worlds - told))} to go` : '';
  const line = `${told.toLocaleString('en')} of ${worlds.toLocaleString('en')} worlds in ${inWords(seconds)}${left}`;
  process.stderr.write(isTerminal ? `\r\u001b[K${line}` : `${line}\n`);
}

function inWords(seconds) {
  if (seconds < 100) return `${Math.max(0, Math.round(seconds))} s`;
  return seconds < 6000 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

function wholeNumber(name, text) {
  if (!/^\d{1,9}$/.test(text)) {
    console.error(`--${name} takes a whole number, such as --${name} 100000`);
    process.exit(2);
  }
  return Number(text);
}
