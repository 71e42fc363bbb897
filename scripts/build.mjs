// Builds dist/ from src/, and the Prisma client from prisma/schema.prisma; each only where its inputs changed.
// `node scripts/build.mjs --client` stops after the client, which type checking and linting need.
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';

const root = resolve(import.meta.dirname, '..');
const require = createRequire(import.meta.url);
process.chdir(root);

const schema = 'prisma/schema.prisma';
const generated = 'src/store/generated';

step('the Prisma client', join(generated, '.inputs'), [schema, 'package-lock.json', 'scripts/build.mjs'], () => {
  rmSync(generated, { recursive: true, force: true });
  generate(schema);
});

const exampleSchema = 'examples/blog/prisma/schema.prisma';
const exampleGenerated = 'examples/blog/src/generated';

// An image of the service is built without the examples.
if (existsSync(exampleSchema)) {
  const inputs = [exampleSchema, 'package-lock.json', 'scripts/build.mjs'];
  step("the example's Prisma client", join(exampleGenerated, '.inputs'), inputs, () => {
    rmSync(exampleGenerated, { recursive: true, force: true });
    generate(exampleSchema);
  });
}

if (!process.argv.includes('--client')) {
  const inputs = [
    'tsconfig.json',
    'tsconfig.build.json',
    'package-lock.json',
    'scripts/build.mjs',
    ...filesBelow('src'),
  ];
  step('dist', 'dist/.inputs', inputs, () => {
    rmSync('dist', { recursive: true, force: true });
    run('typescript', 'tsc', ['-p', 'tsconfig.build.json']);
    if (existsSync('dist/cli/main.js')) chmodSync('dist/cli/main.js', 0o755);
    copyPage();
  });
}

/** Puts the page of /docs together, with what it is made with: who installs the package needs nothing else for it. */
function copyPage() {
  const [from, to] = ['src/app/openapi/page', 'dist/app/openapi/page'];
  cpSync(from, to, { recursive: true });
  const swagger = dirname(require.resolve('swagger-ui-dist/package.json'));
  for (const file of ['swagger-ui-bundle.js', 'swagger-ui-bundle.js.LICENSE.txt', 'swagger-ui.css'])
    copyFileSync(join(swagger, file), join(to, file));
  for (const file of ['LICENSE', 'NOTICE']) copyFileSync(join(swagger, file), join(to, `swagger-ui-${file}.txt`));
}

/** Runs `make` unless the file `stamp` holds the fingerprint of the inputs as they are now; writes it after a success. */
function step(name, stamp, inputs, make) {
  const hash = createHash('sha256').update(process.version);
  for (const file of inputs) hash.update(`\0${file}\0`).update(readFileSync(file));
  const fingerprint = hash.digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) return;
  console.log(`Building ${name}`);
  make();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, fingerprint);
}

/** Generates the Prisma client of a schema. */
function generate(of) {
  run('prisma', 'prisma', ['generate', '--schema', of], {
    // The client needs no engine, but the command downloads one unless this names a file that exists.
    PRISMA_SCHEMA_ENGINE_BINARY: resolve(of),
    PRISMA_HIDE_UPDATE_MESSAGE: '1',
    CHECKPOINT_DISABLE: '1',
  });
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}

/** Runs a package's command, quietly unless it fails; a failure ends the build with the command's output and status. */
function run(packageName, command, args, settings = {}) {
  const manifest = require.resolve(`${packageName}/package.json`);
  const { bin } = require(manifest);
  const file = join(dirname(manifest), typeof bin === 'string' ? bin : bin[command]);
  const result = spawnSync(process.execPath, [file, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...settings },
  });
  if (result.status === 0) return;
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}\n`);
  process.exit(result.status ?? 1);
}
