import { faultOfAttributesText } from '../../core/attribute-limit.js';
import { invalidField } from '../../core/errors.js';
import type { JsonObject } from '../../core/model.js';

/** Attributes as they are handed to a statement. @throws CastellanError `invalid_request` for more than a thing may have. */
export function attributesJson(attributes: JsonObject): string {
  const json = JSON.stringify(attributes);
  const fault = faultOfAttributesText(json);
  if (fault !== undefined) throw invalidField('attributes', fault);
  return json;
}
