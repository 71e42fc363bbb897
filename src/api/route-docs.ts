import type { z } from 'zod';
import type { ErrorCode } from '../core/errors.js';
import type { Json } from '../core/model.js';

/** A request to a route with what it is answered, as a reader may send it: only ids and times that the service makes differ. */
export interface RouteExample {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Json;
  /** The first of the route's answers, unless told. */
  readonly status?: number;
  /** The body of the answer; absent where there is none, or one that is no JSON. */
  readonly answer?: Json;
}

/** The body of an answer that is no JSON. */
export interface PlainAnswer {
  readonly contentType: string;
  readonly example: string;
}

/** What is to be told of a route that it does not declare itself: its parameters, body and access are read from the controller. */
export interface RouteDocs {
  /** Unique, and never changed: generated clients name their functions by it. */
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  /** The schema of a body that the handler reads by itself. */
  readonly body?: z.ZodType;
  /** What succeeds, by status; null for no body. */
  readonly answers: Readonly<Record<number, z.ZodType | PlainAnswer | null>>;
  /** How it is refused, beside what every route of its kind can be refused by. */
  readonly refusals?: readonly ErrorCode[];
  /** Headers that a request may have, with what they say. */
  readonly requestHeaders?: Readonly<Record<string, string>>;
  /** Headers that its successes have, with what they say. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Parameters of the query that have any names, and an example of them. */
  readonly freeQuery?: { readonly name: string; readonly description: string };
  /** By what each shows. */
  readonly examples: Readonly<Record<string, RouteExample>>;
}

/** The routes of one part of the API, as `GET /api/v1/users/:id`. */
export interface DescribedPart {
  readonly tag: string;
  readonly description: string;
  readonly routes: Readonly<Record<string, RouteDocs>>;
}
