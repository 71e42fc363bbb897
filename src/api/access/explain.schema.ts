import { z } from 'zod';
import { parsePermission } from '../../core/identifiers.js';
import type { Question } from '../../core/model.js';
import { attributes, permission, ref } from '../schemas.js';

const supplied = z.strictObject({
  subject: attributes.optional(),
  resource: attributes.optional(),
  action: attributes.optional(),
  context: attributes.optional(),
});

/**
 * The question that is to be explained: on an object; on one that is to be made below `parent`; or, without either, on no object in
 * particular. What is supplied goes over the stored attributes.
 */
export const explainRequest = z
  .strictObject({
    subject: ref,
    permission,
    object: ref.optional(),
    parent: ref.optional(),
    supplied: supplied.optional(),
  })
  .superRefine(({ permission: name, object, parent }, context) => {
    const type = parsePermission(name)?.type;
    if (object && type !== undefined && object.type !== type)
      context.addIssue({ code: 'custom', path: ['object', 'type'], message: `must be ${type}, as in the permission` });
    if (object && parent)
      context.addIssue({ code: 'custom', path: ['parent'], message: 'must not stand beside an object' });
  })
  .transform(({ subject, permission: name, object, parent, supplied: brought }): Question => ({
    subject,
    // What is not of the form has been refused.
    permission: parsePermission(name) ?? { type: '', action: '' },
    object: object ?? parent,
    proposed: parent && { attributes: {} },
    supplied: brought,
  }))
  .meta({ id: 'ExplainRequest' });
