import { z } from 'zod';
import { ref } from '../schemas.js';

/** The subject whose rules are asked for. */
export const abilityRequest = z.strictObject({ subject: ref }).meta({ id: 'AbilityRequest' });
export type AbilityRequest = z.infer<typeof abilityRequest>;
