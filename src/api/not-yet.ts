import { z } from 'zod';
import { notSupported } from '../core/errors.js';
import { ref } from './schemas.js';

const condition = z.record(z.string(), z.json());
const fields = z.array(z.string().min(1).max(256)).min(1).max(256);
const instant = z.iso.datetime({ offset: true });

/** The parts of a rule that are in the contract, and that this version refuses by name rather than half decide. */
export const ruleParts = {
  effect: z.enum(['allow', 'deny']).optional(),
  condition: condition.nullable().optional(),
  fields: fields.nullable().optional(),
};

/** The parts of a grant or an assignment that say when it counts. */
export const windowParts = {
  startsAt: instant.nullable().optional(),
  expiresAt: instant.nullable().optional(),
};

/** The parts of an object and a type that are refused likewise. */
export const parentPart = { parent: ref.nullable().optional() };
export const modePart = { mode: z.enum(['union', 'both', 'object']).optional() };

const FEATURES: Readonly<Record<string, { neutral?: string; feature: string }>> = {
  effect: { neutral: 'allow', feature: 'deny rules are' },
  condition: { feature: 'conditions are' },
  fields: { feature: 'rules on fields are' },
  startsAt: { feature: 'windows are' },
  expiresAt: { feature: 'windows are' },
  parent: { feature: 'object parents are' },
  mode: { neutral: 'union', feature: 'modes other than union are' },
};

/**
 * Refuses what this version can't decide on, so that nothing is stored that would count for less than it says.
 *
 * @throws CastellanError `not_supported`, naming the path.
 */
export function refuseNotYet(body: object, prefix = ''): void {
  for (const [name, value] of Object.entries(body)) {
    const known = Object.hasOwn(FEATURES, name) ? FEATURES[name] : undefined;
    if (known && value !== undefined && value !== null && value !== known.neutral)
      throw notSupported(`${prefix}${name}`, known.feature);
  }
}
