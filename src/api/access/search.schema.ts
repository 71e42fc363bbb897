import { z } from 'zod';
import { action, entity, kind, mode, properties, read } from './entity.schema.js';

const page = z
  .object({
    token: z.string().min(1).optional(),
    limit: z.int().min(0).optional(),
    properties: z.record(z.string(), z.unknown()).optional(),
  })
  .default({});

/** Which part of what is found is asked for. */
export type PageOfSearch = z.infer<typeof page>;

export const subjectSearch = z
  .object({ subject: kind, action, resource: entity, context: properties, page })
  .meta({ id: 'SubjectSearch' });
export const resourceSearch = z
  .object({ subject: entity, action, resource: kind, context: properties, page })
  .meta({ id: 'ResourceSearch' });
export const actionSearch = z
  .object({ subject: entity, resource: entity, context: properties, mode, page })
  .meta({ id: 'ActionSearch' });

export type SubjectSearch = z.infer<typeof subjectSearch>;
export type ResourceSearch = z.infer<typeof resourceSearch>;
export type ActionSearch = z.infer<typeof actionSearch>;

/** Reads a subject search request. @throws CastellanError `malformed_request`: the standard asks for 400. */
export const parseSubjectSearch = (body: unknown): SubjectSearch => read(subjectSearch, body);

/** Reads a resource search request. @throws CastellanError `malformed_request`. */
export const parseResourceSearch = (body: unknown): ResourceSearch => read(resourceSearch, body);

/** Reads an action search request. @throws CastellanError `malformed_request`. */
export const parseActionSearch = (body: unknown): ActionSearch => read(actionSearch, body);
