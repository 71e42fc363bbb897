// `node scripts/write-policy-schema.mjs` writes schema/castellan.schema.json, by which editors complete and check policy files. A test
// says when it is out of date.
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { runnerImport } from 'vite';

const root = resolve(import.meta.dirname, '..');
const file = resolve(root, 'schema/castellan.schema.json');

const { module } = await runnerImport(resolve(root, 'src/app/policy/policy-json-schema.ts'));
const text = JSON.stringify(module.policyJsonSchema());
await mkdir(dirname(file), { recursive: true });
await writeFile(file, await format(text, { ...(await resolveConfig(file)), parser: 'json' }));
