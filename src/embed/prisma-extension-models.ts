import { misuse } from '../store/app-executor.js';

interface Field {
  readonly name: string;
  readonly kind: string;
  readonly type: string;
  readonly relationName?: string | null;
}

/** What a Prisma client knows at run time of its models; it is not public, and so is looked at with care. */
export interface DescribedClient {
  readonly _runtimeDataModel?: { readonly models?: Readonly<Record<string, { readonly fields: readonly Field[] }>> };
  readonly _engineConfig?: { readonly inlineSchema?: string };
  readonly _globalOmit?: Readonly<Record<string, Readonly<Record<string, unknown>>>> | undefined;
}

/** The fields that rows of a model have of their own. */
export interface RowColumns {
  readonly names: readonly string[];
  /** Those that the client leaves out of rows, unless it is told otherwise. */
  readonly omitted: ReadonlySet<string>;
}

/** A field that leads to another model. */
export interface Relation {
  readonly name: string;
  readonly model: string;
}

/** The models of an app, as its Prisma client describes them. */
export class PrismaModels {
  readonly #models: Readonly<Record<string, { readonly fields: readonly Field[] }>>;
  readonly #schema: string;
  readonly #omitted: NonNullable<DescribedClient['_globalOmit']>;

  /** @throws CastellanError `internal` when the client describes nothing. */
  constructor(client: DescribedClient) {
    // Read by name: the proxy that a client is does not list what it has.
    const { _runtimeDataModel: described, _engineConfig: engine, _globalOmit: omitted } = client;
    const models = described?.models;
    if (!models) throw misuse('The Prisma client does not tell its models: castellan() is made for Prisma 7.');
    this.#models = models;
    this.#schema = engine?.inlineSchema ?? '';
    this.#omitted = omitted ?? {};
  }

  /** @throws CastellanError `internal` when there is no such model. */
  require(model: string): void {
    if (!Object.hasOwn(this.#models, model))
      throw misuse(
        `castellan(): there is no model ${model}; the names are those of the schema: ${Object.keys(this.#models).join(', ')}.`,
      );
  }

  columns(model: string): RowColumns {
    const names = this.#fields(model)
      .filter(({ kind }) => kind === 'scalar' || kind === 'enum')
      .map(({ name }) => name);
    const omit = this.#omitted[lowerFirst(model)] ?? {};
    return { names, omitted: new Set(names.filter((name) => omit[name] === true)) };
  }

  relations(model: string): Relation[] {
    return this.#fields(model)
      .filter(({ kind }) => kind === 'object')
      .map(({ name, type }) => ({ name, model: type }));
  }

  /** Whether it is the rows at the other end that say what they are related to: to relate them from here changes them. */
  changesOtherEnd(model: string, relation: Relation): boolean {
    const field = this.#fields(model).find(({ name }) => name === relation.name);
    return this.#fields(relation.model).some(
      (other) =>
        other.relationName === field?.relationName &&
        other.type === model &&
        (other.name !== relation.name || relation.model !== model) &&
        this.#holdsKey(relation.model, other.name),
    );
  }

  #fields(model: string): readonly Field[] {
    return this.#models[model]?.fields ?? [];
  }

  #holdsKey(model: string, field: string): boolean {
    const block = new RegExp(`^\\s*model\\s+${model}\\s*\\{([^]*?)^\\s*\\}`, 'm').exec(this.#schema)?.[1] ?? '';
    return new RegExp(`^\\s*${field}\\s.*@relation\\(.*\\bfields\\s*:`, 'm').test(block);
  }
}

/** `post` for `Post`, as the client names what writes it. */
export function lowerFirst(model: string): string {
  return model.charAt(0).toLowerCase() + model.slice(1);
}
