import { CastellanError } from '../../core/errors.js';

/**
 * Does the work for what stands at a path of the policy (`users.0`): an error of it then names the place in the file. Where the
 * work is on a part of a list, whose faults begin with a place in the part, `start` is where the part begins.
 *
 * @throws CastellanError as the work does, each of its faults below that path.
 */
export async function atPath<Result>(path: string, work: () => Promise<Result>, start = 0): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CastellanError)) throw error;
    const faults = error.faults.map((fault) => ({
      path: `${path}.${fault.path.replace(/^\d+/, (place) => String(Number(place) + start))}`,
      message: fault.message,
    }));
    throw new CastellanError(error.code, error.detail, faults.length > 0 ? faults : [{ path, message: error.detail }], {
      cause: error,
    });
  }
}
