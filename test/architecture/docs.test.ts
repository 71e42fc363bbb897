import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { settings } from '../../src/app/config.js';
import { ERRORS } from '../../src/core/errors.js';

const cells = (file: string): string[][] =>
  readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));

describe('the documentation', () => {
  it('lists every error with its status, and no other', () => {
    const documented = cells('docs/errors.md').map(([, code, status]): [string | undefined, number] => [
      code,
      Number(status),
    ]);
    const known = Object.entries(ERRORS).map(([code, { status }]): [string, number] => [code, status]);
    expect(new Map(documented)).toEqual(new Map(known));
    expect(documented).toHaveLength(known.length);
  });

  it('lists every setting, and no other', () => {
    const documented = cells('docs/configuration.md').map(([, name]) => name);
    expect(new Set(documented)).toEqual(new Set(Object.keys(settings.shape)));
  });
});
