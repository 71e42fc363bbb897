import { expect } from 'vitest';
import { CastellanError } from '../../src/core/errors.js';

/** Expects that what is done is refused with 422 `invalid_request`, for one fault at this place. */
export function expectRefusal(action: () => unknown, path: string, message: string): void {
  let refusal: unknown;
  try {
    action();
  } catch (error) {
    refusal = error;
  }
  expect(refusal).toBeInstanceOf(CastellanError);
  expect(refusal).toMatchObject({ code: 'invalid_request', status: 422, faults: [{ path, message }] });
}
