import type { FetchedRule, FieldScope, JsonObject, Mode, ObjectRef, Reason } from '../core/model.js';

/** A subject or a resource that is named; its properties go over the stored attributes for that one decision. */
export interface Entity {
  readonly type: string;
  readonly id: string;
  readonly properties?: JsonObject | undefined;
}

/** The subjects or resources that a search is for. */
export interface Kind {
  readonly type: string;
  readonly properties?: JsonObject | undefined;
}

/** What is to be done. */
export interface NamedAction {
  readonly name: string;
  readonly properties?: JsonObject | undefined;
}

/** What is yet to be made; its properties are the proposed attributes. */
export interface Proposal {
  readonly type: string;
  readonly id?: string | undefined;
  readonly properties?: JsonObject | undefined;
}

/** One question: may this subject do this action on this resource? */
export interface EvaluationRequest {
  readonly subject: Entity;
  readonly action: NamedAction;
  readonly resource: Entity;
  readonly context?: JsonObject | undefined;
  /** Goes over the mode of the resource's type. */
  readonly mode?: Mode | undefined;
}

/** One question about a resource that is yet to be made, below the parent; null for nowhere in particular. */
export interface CreationRequest extends Omit<EvaluationRequest, 'resource'> {
  readonly resource: Proposal;
  readonly parent: ObjectRef | null;
}

/** Several questions; what stands at the top goes for each that does not name its own. */
export interface EvaluationsRequest extends Partial<EvaluationRequest> {
  /** At most 1,000. */
  readonly evaluations: readonly (Partial<EvaluationRequest> | Partial<CreationRequest>)[];
  readonly options?:
    | {
        /** How far they are answered; all of them (`execute_all`) unless told. */
        readonly evaluations_semantic?: 'execute_all' | 'deny_on_first_deny' | 'permit_on_first_permit' | undefined;
        /** Has each answer tell the reason and the rules behind it; takes `access:evaluate`. */
        readonly reasons?: boolean | undefined;
      }
    | undefined;
}

/** The answer to one question. */
export interface Evaluation {
  readonly decision: boolean;
  readonly context?: {
    /** What is wrong with one of several that could not be asked. */
    readonly error?: { readonly status: number; readonly message: string };
    /** Why it came out so, where that was asked for. */
    readonly reason?: Reason;
    readonly rules?: readonly FetchedRule[];
    readonly fields?: FieldScope;
  };
}

/** Which part of what is found. */
export interface SearchPage {
  /** The `next_token` of the page before, with the rest of the request as it was. */
  readonly token?: string | undefined;
  readonly limit?: number | undefined;
  /** `{ total: true }` counts all that is found. */
  readonly properties?: JsonObject | undefined;
}

/** Which subjects of a type may do this action on this resource? */
export interface SubjectSearch {
  readonly subject: Kind;
  readonly action: NamedAction;
  readonly resource: Entity;
  readonly context?: JsonObject | undefined;
  readonly page?: SearchPage | undefined;
}

/** Which registered resources of a type may this subject do this action on? */
export interface ResourceSearch {
  readonly subject: Entity;
  readonly action: NamedAction;
  readonly resource: Kind;
  readonly context?: JsonObject | undefined;
  readonly page?: SearchPage | undefined;
}

/** Which actions may this subject do on this resource? */
export interface ActionSearch {
  readonly subject: Entity;
  readonly resource: Entity;
  readonly context?: JsonObject | undefined;
  /** Goes over the mode of the resource's type. */
  readonly mode?: Mode | undefined;
  readonly page?: SearchPage | undefined;
}

/** A page of what a search found; `next_token` is empty on the last one. */
export interface SearchResults<Result> {
  readonly page: { readonly next_token: string; readonly count: number; readonly total?: number };
  readonly results: Result[];
}

/** Where the parts of the AuthZEN API are found. */
export interface AuthzenConfiguration {
  readonly policy_decision_point: string;
  readonly access_evaluation_endpoint: string;
  readonly access_evaluations_endpoint: string;
  readonly search_subject_endpoint: string;
  readonly search_resource_endpoint: string;
  readonly search_action_endpoint: string;
}
