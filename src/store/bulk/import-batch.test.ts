import { describe, expect, it } from 'vitest';
import { isUuid } from '../../core/id-forms.js';
import { copyLine } from './copy-text.js';
import { ImportBatch } from './import-batch.js';
import { ID_BYTES } from './time-ordered-ids.js';

describe('a batch of an import', () => {
  it('gives each grant an id of its own, in the order of the rows, over batches too', () => {
    const ids: string[] = [];
    for (const size of [3, 20_000, 3]) {
      const batch = new ImportBatch();
      for (let n = 0; n < size; n += 1) batch.addPlainGrant(n, 'user:a:b', 'post:view', n === 0 ? undefined : 'post:1');
      for (let n = 0; n < size; n += 1)
        ids.push(
          batch.grants.ids
            .toString('hex', n * ID_BYTES, (n + 1) * ID_BYTES)
            .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
        );
    }
    expect(ids).toHaveLength(20_006);
    expect(ids.every((id) => isUuid(id) && /^.{14}7.{4}[89ab]/.test(id))).toBe(true);
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('writes what COPY reads as the same values', () => {
    expect(copyLine(['a\tb\\c\nd\re', null, undefined, '', 7, true])).toBe('a\\tb\\\\c\\nd\\re\t\\N\t\\N\t\t7\ttrue\n');
  });
});
