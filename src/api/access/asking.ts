import type { Caller } from '../../core/caller.js';
import { CastellanError } from '../../core/errors.js';
import {
  sameRef,
  type Decision,
  type JsonObject,
  type Question,
  type SubjectRef,
  type Supplied,
} from '../../core/model.js';
import type { EvaluationRequest } from './evaluation.schema.js';

interface WithProperties {
  readonly properties?: JsonObject | undefined;
}

/** The parts of a request that may bring properties along; a search leaves out some of the rest. */
export interface Asked {
  readonly subject: WithProperties;
  readonly action?: WithProperties | undefined;
  readonly resource: WithProperties;
  readonly context?: JsonObject | undefined;
}

/** Whom a question is about: a caller that asks about itself asks as it is signed in, with what its token is narrowed to. */
export function askedAbout(caller: Caller, { type, id }: SubjectRef): SubjectRef {
  return sameRef(caller.subject, { type, id }) ? caller.subject : { type, id };
}

/** The request as the engine's question. */
export function questionOf(caller: Caller, request: EvaluationRequest): Question {
  const { subject, action, resource, mode } = request;
  const asked = {
    subject: askedAbout(caller, subject),
    permission: { type: resource.type, action: action.name },
    mode,
  };
  if (!('parent' in request)) {
    return { ...asked, object: { type: resource.type, id: resource.id ?? '' }, supplied: suppliedOf(request) };
  }
  const { parent } = request;
  return {
    ...asked,
    object: parent ? { type: parent.type, id: parent.id } : undefined,
    proposed: { id: resource.id, attributes: resource.properties ?? {} },
    supplied: suppliedOf({ ...request, resource: {} }),
  };
}

/** What the request brings along; undefined when that is nothing. */
export function suppliedOf({ subject, action, resource, context }: Asked): Supplied | undefined {
  const supplied = {
    subject: subject.properties,
    action: action?.properties,
    resource: resource.properties,
    context,
  };
  return Object.values(supplied).some((part) => part !== undefined) ? supplied : undefined;
}

/** Whether the request is about another than the caller, or brings properties along: it then takes `access:evaluate`. */
export function takesPermission(
  caller: Caller,
  request: Asked & { readonly subject: { readonly type: string; readonly id: string } },
): boolean {
  const { subject, action, resource } = request;
  return !sameRef(caller.subject, subject) || [subject, action, resource].some((part) => hasAny(part?.properties));
}

/** The question whether the caller may ask about others, and with properties of its own. */
export function mayAsk(caller: Caller): Question {
  return { subject: caller.subject, permission: { type: 'access', action: 'evaluate' } };
}

/** @throws CastellanError `forbidden` when the answer to {@link mayAsk} is no. */
export function requireMayAsk(answer: Decision | undefined): void {
  if (answer?.allowed === true) return;
  throw new CastellanError(
    'forbidden',
    'Asking about another subject, or with properties, takes the permission access:evaluate.',
  );
}

function hasAny(properties: JsonObject | undefined): boolean {
  return properties !== undefined && Object.keys(properties).length > 0;
}
