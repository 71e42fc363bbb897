import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectFiles, root } from './project-files.js';
import { below, syntaxOf, valueOf } from './syntax.js';

describe('a class that Nest injects by its type', () => {
  it('is imported as a value everywhere, as a type import compiles and fails at run time', () => {
    expect(
      projectFiles('src')
        .filter((file) => file.endsWith('.ts'))
        .flatMap(typesInjected),
    ).toEqual([]);
  });

  it('is caught where it is imported as a type', () => {
    const file = 'test/architecture/fixture/src/nest/injects-a-type.ts';
    expect(typesInjected(file)).toEqual([`${file}: Reflector`]);
  });
});

/** The type-only imports that a decorated class's constructor takes without saying by `@Inject` what to inject. */
function typesInjected(file: string): string[] {
  const tree = syntaxOf(join(root, file));
  const typeOnly = new Set(
    tree
      .filter(({ type }) => type === 'ImportDeclaration')
      .flatMap(({ typeOnly: all, specifiers }) =>
        below(specifiers).filter((one) => all === true || one['isTypeOnly'] === true),
      )
      .map(({ local }) => valueOf(local)),
  );
  return tree
    .filter(({ type, decorators }) => type === 'ClassDeclaration' && isFilled(decorators))
    .flatMap(({ body }) => below(body).filter(({ type }) => type === 'Constructor'))
    .flatMap(({ params }) => (Array.isArray(params) ? (params as unknown[]) : []))
    .filter((param) => !below(param).some(({ type }) => type === 'Decorator'))
    .flatMap((param) => below(param).filter(({ type }) => type === 'TsTypeReference'))
    .flatMap(({ typeName }) => valueOf(typeName) ?? [])
    .filter((name) => typeOnly.has(name))
    .map((name) => `${file}: ${name}`);
}

function isFilled(list: unknown): boolean {
  return Array.isArray(list) && list.length > 0;
}
