import { describe, expect, it } from 'vitest';
import { projectFiles, read } from './project-files.js';

const files = projectFiles();
const source = files.filter((file) => /^src\/.*\.ts$/.test(file));
const tests = files.filter((file) => /\.(test|e2e)\.ts$/.test(file) && !file.includes('/fixture/'));

describe('the source', () => {
  it('reads the environment in src/app/config only', () => {
    const others = source.filter((file) => !/^src\/app\/config[^/]*\.ts$/.test(file) && !tests.includes(file));
    expect(having(others, /\bprocess\.env\b|\benv\b.*from 'node:process'/)).toEqual([]);
  });

  it('has no file of more than 300 lines', () => {
    expect(source.filter((file) => read(file).trimEnd().split('\n').length > 300)).toEqual([]);
  });
});

describe('the tests', () => {
  it('are all switched on', () => {
    expect(tests.length).toBeGreaterThan(0);
    expect(having(tests, /\b(it|test|describe|suite)\.(skip|only|todo|skipIf|runIf)\b/)).toEqual([]);
  });

  it('stand where a test project looks for them', () => {
    const looked =
      /^(src\/.*\.test|test\/(support|property|conformance)\/.*\.test|test\/architecture\/[^/]*\.test|.*\.e2e)\.ts$/;
    expect(tests.filter((file) => !looked.test(file))).toEqual([]);
  });
});

describe('the README', () => {
  const lines = read('README.md').split('\n');

  it.each(['npm ci && npm start', 'npm ci && npm test'])('gives the line %s', (line) => {
    expect(lines.some((text) => text.includes(line))).toBe(true);
  });

  it.each([
    ['GET', 'view'],
    ['POST', 'add'],
    ['PATCH', 'change'],
    ['DELETE', 'delete'],
  ])('has a row of its verb table for %s, which is %s', (verb, action) => {
    const row = new RegExp(`^\\|.*\\b${verb}\\b.*\\b${action}\\b`);
    expect(lines.some((text) => row.test(text))).toBe(true);
  });
});

describe('the text of the project', () => {
  it('names no path of one machine and no package registry', () => {
    const text = files.filter((file) => !/\.(png|ico|woff2)$/.test(file));
    expect(having(text, /[/](work|root|farm)[/]|registry[.]npmjs|deb[.]debian/)).toEqual([]);
  });
});

function having(paths: string[], pattern: RegExp): string[] {
  return paths.filter((path) => pattern.test(read(path)));
}
