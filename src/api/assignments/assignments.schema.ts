import { z } from 'zod';
import { windowParts } from '../not-yet.js';
import { id, member, pageQuery, ref, refText } from '../schemas.js';

export const newAssignment = z.strictObject({
  subject: member,
  role: id,
  object: ref.nullable().optional(),
  ...windowParts,
});
export type NewAssignmentBody = z.infer<typeof newAssignment>;

export const assignmentsQuery = z.strictObject({ ...pageQuery, subject: refText.optional(), role: id.optional() });
export type AssignmentsQuery = z.infer<typeof assignmentsQuery>;
