import { z } from 'zod';
import { refuseEmptyWindow, windowParts } from '../rule-parts.js';
import { id, member, pageQuery, ref, refText } from '../schemas.js';

/** The members of an assignment, for the schemas that say some of them in another way. */
export const assignmentParts = {
  subject: member,
  role: id,
  object: ref.nullable().optional(),
  ...windowParts,
};

export const newAssignment = z
  .strictObject(assignmentParts)
  .superRefine(refuseEmptyWindow)
  .meta({ id: 'NewAssignment' });
export type NewAssignmentBody = z.infer<typeof newAssignment>;

export const assignmentsQuery = z.strictObject({
  ...pageQuery,
  subject: refText.optional(),
  role: id.optional(),
  object: refText.optional(),
});
export type AssignmentsQuery = z.infer<typeof assignmentsQuery>;
