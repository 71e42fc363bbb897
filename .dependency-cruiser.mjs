// Which part of src may import which. Type imports count, and tests may import anything.
const tests = '[.](test|e2e)[.]ts$';
const npm = (name) => `node_modules/${name}/`;

/** What lies in src outside these parts is out of reach for `from`. */
function reaches(name, from, parts) {
  const pathNot = [...parts.map((part) => `^src/${part}/`), from];
  return rule(name, { path: from, pathNot: tests }, { path: '^src/', pathNot });
}

function rule(name, from, to) {
  return { name, severity: 'error', from, to };
}

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    rule(
      'core-imports-only-casl',
      { path: '^src/core/', pathNot: tests },
      { pathNot: ['^src/core/', npm('@casl/ability')] },
    ),
    reaches('store-imports-core', '^src/store/', ['core']),
    reaches('nest-imports-core', '^src/nest/', ['core']),
    reaches('embed-imports-core-store-nest', '^src/embed/', ['core', 'store', 'nest']),
    reaches('testing-imports-core-nest-embed', '^src/testing/', ['core', 'nest', 'embed']),
    rule(
      'client-imports-core-only',
      { path: '^src/client/', pathNot: tests },
      { pathNot: ['^src/client/', '^src/core/'] },
    ),
    reaches('auth-imports-core-nest', '^src/auth/', ['core', 'nest']),
    reaches('api-imports-core-nest-auth', '^src/api/', ['core', 'nest', 'auth']),
    // testing: a policy's own tests are asked in the world in memory that applications test with.
    reaches('app-imports-all-but-cli-and-main', '^src/app/', [
      'core',
      'store',
      'nest',
      'auth',
      'api',
      'client',
      'testing',
    ]),
    reaches('cli-imports-app', '^src/cli/', ['app']),
    reaches('main-imports-app', '^src/main[.]ts$', ['app']),
    // What an embedding app imports brings in no service: no Fastify, no passport, no prisma client.
    reaches('index-brings-no-service', '^src/index[.]ts$', ['core', 'nest', 'embed']),
    rule(
      'api-folders-stay-apart',
      { path: '^src/api/([^/]+)/', pathNot: tests },
      { path: '^src/api/[^/]+/', pathNot: '^src/api/$1/' },
    ),
    rule(
      'prisma-stays-in-store',
      { path: '^src/', pathNot: ['^src/store/', tests] },
      { path: [npm('@prisma/[^/]+'), npm('prisma'), npm('[.]prisma'), '^src/store/generated/'] },
    ),
    rule('source-imports-no-test', { path: '^src/', pathNot: tests }, { path: [tests, '^(test|bench|scripts)/'] }),
    rule('no-cycles', { path: '^src/' }, { circular: true }),
    rule('every-import-resolves', { path: '^src/' }, { couldNotResolve: true }),
  ],
  options: {
    // TypeScript 7 offers no compiler API; without a parser named here every .ts file would be passed over in silence.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: ['node_modules', '^src/store/generated/'] },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
