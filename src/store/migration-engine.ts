import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { bindMigrationAwareSqlAdapterFactory } from '@prisma/driver-adapter-utils';
import * as engineModule from '@prisma/schema-engine-wasm/schema_engine_bg';
import type { MigrationAdapter } from './migration-adapter.js';

export type { MigrationList, SchemaEngine } from '@prisma/schema-engine-wasm/schema_engine_bg';

/** The part of WebAssembly that is needed: Node has it, and its types are only in the browser's library. */
declare const WebAssembly: {
  compile(bytes: Uint8Array): Promise<object>;
  Instance: new (module: object, imports: object) => { exports: { __wbindgen_start(): void } };
};

let loaded: Promise<void> | undefined;

/** Prisma's migration engine over `adapter`; `onLog` takes what it says of its progress. Call `free` when done. */
export async function openMigrationEngine(
  schema: { path: string; content: string },
  adapter: MigrationAdapter,
  onLog: (message: string) => void,
): Promise<engineModule.SchemaEngine> {
  loaded ??= load();
  await loaded;
  return engineModule.SchemaEngine.new(
    { datamodels: [[schema.path, schema.content]] },
    (entry: string) => onLog(messageOf(entry)),
    bindMigrationAwareSqlAdapterFactory(adapter),
  );
}

/** The package's own entry imports its .wasm file, which Node 20 can't. */
async function load(): Promise<void> {
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const bytes = await readFile(entry.replace(/\.js$/, '.wasm'));
  const { exports } = new WebAssembly.Instance(await WebAssembly.compile(bytes), {
    './schema_engine_bg.js': { ...engineModule, ...timersThatLetGo() },
  });
  // The engine calls this as it dies; without it, all that is seen is the lack of it.
  const host = globalThis as { PRISMA_WASM_PANIC_REGISTRY?: { set_message: (message: string) => void } };
  host.PRISMA_WASM_PANIC_REGISTRY ??= {
    set_message: (message) => {
      throw new Error(`Prisma's migration engine stopped: ${message}`);
    },
  };
  // oxlint-disable eslint/no-underscore-dangle -- the names that wasm-bindgen gives them
  engineModule.__wbg_set_wasm(exports);
  exports.__wbindgen_start();
  // oxlint-enable eslint/no-underscore-dangle
}

type Timer = (callback: () => void, ms: number) => NodeJS.Timeout;

/**
 * The engine never clears the timers by which it gives up waiting, ten seconds long: whoever has migrated would stay up for them. While it does
 * wait for something, its connection keeps the process up.
 */
function timersThatLetGo(): Record<string, Timer> {
  const names = Object.keys(engineModule).filter((name) => name.startsWith('__wbg_setTimeout_'));
  return Object.fromEntries(names.map((name) => [name, (callback, ms) => setTimeout(callback, ms >>> 0).unref()]));
}

function messageOf(entry: string): string {
  try {
    return (JSON.parse(entry) as { fields?: { message?: string } }).fields?.message ?? '';
  } catch {
    return '';
  }
}
