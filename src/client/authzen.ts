import { isRecord } from './answer.js';
import type { ObjectRef, SubjectRef } from '../core/model.js';
import type {
  ActionSearch,
  AuthzenConfiguration,
  CreationRequest,
  Evaluation,
  EvaluationRequest,
  EvaluationsRequest,
  ResourceSearch,
  SearchPage,
  SearchResults,
  SubjectSearch,
} from './authzen-types.js';
import type { CallOptions } from './client-options.js';
import { itemsOf } from './pages.js';
import type { Call, Transport } from './transport.js';
import { isAction, isRef, type IsRecord } from './record-shapes.js';

interface Search {
  readonly page?: SearchPage | undefined;
}

/**
 * Decisions, and the lists that they make, by the AuthZEN Authorization API.
 *
 * @see docs/authzen.md
 */
export class Authzen {
  readonly #transport: Transport;

  /** @internal */
  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Whether the subject may do the action on the resource. What is unknown is denied; an answer that is no decision is an error.
   *
   * @throws ForbiddenError when it is about another, or brings properties along, without `access:evaluate`; InvalidRequestError.
   */
  async evaluation(request: EvaluationRequest | CreationRequest, options: CallOptions = {}): Promise<Evaluation> {
    return this.#transport.json(asking('/access/v1/evaluation', request, options), isEvaluation);
  }

  /** The answers, in the order of the questions; none without a question. @throws as `evaluation` does, and TooLargeError. */
  async evaluations(
    request: EvaluationsRequest,
    options: CallOptions = {},
  ): Promise<{ readonly evaluations: Evaluation[] }> {
    const asked = request.evaluations.length;
    // The service would take what stands at the top for a question of its own.
    if (asked === 0) return { evaluations: [] };
    const { evaluations_semantic: semantic = 'execute_all' } = request.options ?? {};
    return this.#transport.json(asking('/access/v1/evaluations', request, options), ({ evaluations }) => {
      if (!Array.isArray(evaluations) || !evaluations.every((one) => isRecord(one) && isEvaluation(one))) return false;
      return semantic === 'execute_all'
        ? evaluations.length === asked
        : evaluations.length > 0 && evaluations.length <= asked;
    });
  }

  /** One page of the known subjects of a type who may. @throws ForbiddenError (without `access:evaluate`), InvalidCursorError. */
  async searchSubjects(request: SubjectSearch, options: CallOptions = {}): Promise<SearchResults<SubjectRef>> {
    return this.#transport.json(asking('/access/v1/search/subject', request, options), resultsAre(isRef));
  }

  /** One page of the registered resources of a type on which the subject may. @throws as `evaluation` does, and InvalidCursorError. */
  async searchResources(request: ResourceSearch, options: CallOptions = {}): Promise<SearchResults<ObjectRef>> {
    return this.#transport.json(asking('/access/v1/search/resource', request, options), resultsAre(isRef));
  }

  /** One page of the actions that the subject may do. @throws as `evaluation` does, and InvalidCursorError. */
  async searchActions(
    request: ActionSearch,
    options: CallOptions = {},
  ): Promise<SearchResults<{ readonly name: string }>> {
    return this.#transport.json(asking('/access/v1/search/action', request, options), resultsAre(isAction));
  }

  /** All that `searchSubjects` finds, page after page. */
  iterateSubjects(request: SubjectSearch, options: CallOptions = {}): AsyncGenerator<SubjectRef, void, undefined> {
    return resultsOf(request, (page) => this.searchSubjects({ ...request, page }, options));
  }

  /** All that `searchResources` finds, page after page. */
  iterateResources(request: ResourceSearch, options: CallOptions = {}): AsyncGenerator<ObjectRef, void, undefined> {
    return resultsOf(request, (page) => this.searchResources({ ...request, page }, options));
  }

  /** Where the parts of the API are found. Needs nobody signed in. */
  async configuration(options: CallOptions = {}): Promise<AuthzenConfiguration> {
    return this.#transport.json({ method: 'GET', path: '/.well-known/authzen-configuration', options });
  }
}

function asking(path: string, body: object, options: CallOptions): Call {
  return { method: 'POST', path, body, repetition: 'harmless', options };
}

// "false" is true to JavaScript: only a decision that is one may be taken for an allow.
function isEvaluation({ decision }: Record<string, unknown>): boolean {
  return typeof decision === 'boolean';
}

function resultsAre(isResult: IsRecord): (body: Record<string, unknown>) => boolean {
  return ({ page, results }) =>
    Array.isArray(results) && results.every(isResult) && isRecord(page) && typeof page['next_token'] === 'string';
}

function resultsOf<Result>(
  { page: first = {} }: Search,
  search: (page: SearchPage) => Promise<SearchResults<Result>>,
): AsyncGenerator<Result, void, undefined> {
  // The service takes it for pages of nothing, of which there is no end.
  if (first.limit === 0) throw new TypeError('page.limit must be at least 1 where all pages are asked for');
  return itemsOf(async (cursor) => {
    const { page, results } = await search(cursor === undefined ? first : { ...first, token: cursor });
    return { items: results, next: page.next_token === '' ? null : page.next_token };
  });
}
