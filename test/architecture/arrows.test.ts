import { join } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import { beforeAll, describe, expect, it } from 'vitest';
import { projectFiles, root } from './project-files.js';
import { type SyntaxNode, syntaxOf, valueOf } from './syntax.js';

/** Each rule, and the imports of the fixture that break it; nothing else in the fixture breaks a rule. */
const broken: Record<string, string[]> = {
  'core-imports-only-casl': [
    'src/core/names-a-type-of-store.ts → src/store/rows.ts',
    'src/core/reads-a-file.ts → fs',
    'src/core/uses-nest.ts → node_modules/@nestjs/common/index.js',
  ],
  'store-imports-core': ['src/store/calls-nest.ts → src/nest/guard.ts'],
  'nest-imports-core': ['src/nest/calls-auth.ts → src/auth/basic.ts'],
  'embed-imports-core-store-nest': ['src/embed/calls-api.ts → src/api/users/users.controller.ts'],
  'testing-imports-core-nest-embed': ['src/testing/opens-a-store.ts → src/store/rows.ts'],
  'client-imports-core-only': ['src/client/uses-nest.ts → node_modules/@nestjs/common/index.js'],
  'auth-imports-core-nest': ['src/auth/calls-api.ts → src/api/users/users.controller.ts'],
  'api-imports-core-nest-auth': ['src/api/users/calls-store.ts → src/store/rows.ts'],
  'app-imports-all-but-cli-and-main': ['src/app/calls-cli.ts → src/cli/check.ts'],
  'cli-imports-app': ['src/cli/calls-store.ts → src/store/rows.ts'],
  'main-imports-app': ['src/main.ts → src/nest/guard.ts'],
  'index-brings-no-service': ['src/index.ts → src/cli/check.ts'],
  'api-folders-stay-apart': ['src/api/roles/calls-users.ts → src/api/users/users.controller.ts'],
  'prisma-stays-in-store': [
    'src/app/opens-the-client.ts → src/store/generated/client.ts',
    'src/nest/uses-prisma.ts → node_modules/@prisma/adapter-pg/dist/index.d.mts',
  ],
  'source-imports-no-test': ['src/core/borrows-from-a-test.ts → src/core/model.test.ts'],
  'no-cycles': ['src/core/egg.ts → src/core/hen.ts'],
  'every-import-resolves': ['src/nest/imports-nothing.ts → ./nothing.js'],
};

describe('the arrows between the parts of src', () => {
  const files = projectFiles('src').filter((file) => file.endsWith('.ts'));
  let result: ICruiseResult;

  beforeAll(async () => {
    result = await cruiseSource(root);
  });

  it('are all kept', () => {
    expect(violations(result)).toEqual([]);
  });

  it('are looked at in every file', () => {
    const seen = new Set(result.modules.map((module) => module.source));
    expect(files.length).toBeGreaterThan(0);
    expect(files.filter((file) => !seen.has(file))).toEqual([]);
  });

  it('are looked at for every import of every file, also one written inside a type', () => {
    const seen = new Set(
      result.modules.flatMap(({ source, dependencies }) => dependencies.map(({ module }) => `${source} → ${module}`)),
    );
    const written = files.flatMap((file) => importsOf(join(root, file)).map((module) => `${file} → ${module}`));
    expect(written.filter((arrow) => !seen.has(arrow))).toEqual([]);
  });

  it('lead between known parts only', () => {
    const known = /^src\/((core|store|nest|embed|testing|client|auth|api|app|cli)\/|(index|main)\.ts$)/;
    expect(files.filter((file) => !known.test(file))).toEqual([]);
  });
});

describe('the rules of the arrows, on a fixture that breaks them', () => {
  let result: ICruiseResult;

  beforeAll(async () => {
    result = await cruiseSource(join(import.meta.dirname, 'fixture'));
  });

  it('are each broken by it', () => {
    const rules = result.summary.ruleSetUsed?.forbidden?.map((rule) => rule.name);
    expect(Object.keys(broken).toSorted()).toEqual(rules?.toSorted());
  });

  it.each(Object.entries(broken))('catch what breaks %s', (rule, arrows) => {
    const caught = violations(result).filter((violation) => violation.startsWith(`${rule}: `));
    expect(caught.toSorted()).toEqual(arrows.map((arrow) => `${rule}: ${arrow}`));
  });

  it('catch nothing else', () => {
    expect(violations(result)).toHaveLength(Object.values(broken).flat().length);
  });
});

async function cruiseSource(baseDir: string): Promise<ICruiseResult> {
  const options = await extractDepcruiseOptions(join(root, '.dependency-cruiser.mjs'));
  const { output } = await cruise(['src'], { ...options, baseDir });
  if (typeof output === 'string') throw new TypeError('expected a result, not a report');
  return output;
}

function violations({ summary }: ICruiseResult): string[] {
  return summary.violations.map(
    ({ rule, from, to }) => `${rule.name}: ${from} → ${to.replace(/^.*(?=node_modules\/)/, '')}`,
  );
}

/** What a file imports, read from its syntax tree: the check on the cruiser, which has its own reading. */
function importsOf(file: string): string[] {
  return syntaxOf(file).flatMap((node) => moduleNamedBy(node) ?? []);
}

function moduleNamedBy(node: SyntaxNode): string | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      return valueOf(node['source'])?.replace(/^node:/, '');
    case 'TsImportType':
      return valueOf(node['argument']);
    default:
      return undefined;
  }
}
