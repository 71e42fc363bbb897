import { expect } from 'vitest';
import type { BlogApp } from './blog-app.js';

/** Closes the app, and expects that nothing in Castellan's tables was left as it should not be. */
export async function closeSound(app: BlogApp): Promise<void> {
  const faults = await app.integrity();
  await app.close();
  expect(faults).toEqual([]);
}
