import type { Entities, Entity } from './conditions/condition.js';
import type { JsonObject, Question } from './model.js';

/** The attributes that are stored of the two who are asked about; null where there are none. */
export interface StoredAttributes {
  readonly subjectAttributes: JsonObject | null;
  readonly objectAttributes: JsonObject | null;
}

/** What the conditions of a question's rules can ask about: what is stored, and over it what the question supplies. */
export function entitiesOf(question: Question, stored: StoredAttributes): Required<Entities> {
  return {
    ...entitiesButResource(question, stored.subjectAttributes),
    resource: resourceOf(question, stored),
  };
}

/** The same as far as it is known before any object is looked at: the subject, the action and the context. */
export function entitiesButResource(
  { subject, permission, supplied }: Pick<Question, 'subject' | 'permission' | 'supplied'>,
  subjectAttributes: JsonObject | null,
): Required<Omit<Entities, 'resource'>> {
  return {
    subject: {
      identity: { id: subject.id, type: subject.type },
      attributes: overlaid(subjectAttributes, supplied?.subject),
    },
    action: { identity: { name: permission.action }, attributes: supplied?.action ?? null },
    context: { identity: {}, attributes: supplied?.context ?? null },
  };
}

/** Stored attributes, and those that are supplied over them. */
export function overlaid(stored: JsonObject | null, supplied: JsonObject | undefined): JsonObject | null {
  if (!supplied) return stored;
  // Names are the caller's: a spread or an assignment could meet a setter.
  return stored ? Object.fromEntries([...Object.entries(stored), ...Object.entries(supplied)]) : supplied;
}

function resourceOf({ permission, object, proposed, supplied }: Question, stored: StoredAttributes): Entity {
  const { type } = permission;
  if (proposed) {
    return { identity: { id: proposed.id, type }, attributes: overlaid(proposed.attributes, supplied?.resource) };
  }
  // A question may be about a place of another type: then there is no resource in particular.
  const isAbout = object?.type === type;
  return {
    identity: { id: isAbout ? object.id : undefined, type },
    attributes: overlaid(isAbout ? stored.objectAttributes : null, supplied?.resource),
  };
}
