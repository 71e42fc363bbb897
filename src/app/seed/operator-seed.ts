import { randomUUID } from 'node:crypto';
import { Passwords } from '../../auth/passwords.js';
import { operator } from '../../core/caller.js';
import type { Store } from '../../store/store.js';
import { applySeed } from './apply-seed.js';
import type { Seed } from './parse-seed.js';
import type { OnProgress, SeedResult } from './seed-result.js';

/** Applies a seed in the name of the operator at the command line. @throws as {@link applySeed} does. */
export function applySeedAsOperator(store: Store, seed: Seed, onProgress?: OnProgress): Promise<SeedResult> {
  return applySeed(store, operator('cli', randomUUID()), seed, new Passwords(), onProgress);
}
