import { PARENT, PROPOSED } from './creation-sources.js';
import { OBJECT } from './object-source.js';
import { ACTION, MODE } from './route-policy.js';

/** What a handler itself says beside who may use it. */
export interface MethodDeclarations {
  /** The decorators, as they are written. */
  readonly narrowing: readonly string[];
  /** The path parameter that its `@ObjectFrom` names. */
  readonly objectParam: string | undefined;
}

const DECORATORS: ReadonlyMap<string, string> = new Map([
  [ACTION, '@Action'],
  [OBJECT, '@ObjectFrom'],
  [MODE, '@Mode'],
  [PARENT, '@ParentFrom'],
  [PROPOSED, '@ProposedFrom'],
]);

/** Reads what the handler says, and not its controller. */
export function methodDeclarations(handler: object): MethodDeclarations {
  const object = Reflect.getMetadata(OBJECT, handler) as unknown;
  return {
    narrowing: [...DECORATORS].filter(([key]) => Reflect.hasMetadata(key, handler)).map(([, name]) => name),
    objectParam: typeof object === 'string' ? object : undefined,
  };
}
