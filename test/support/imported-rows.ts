import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  importAsOperator,
  openSource,
  type ImportAsked,
  type ImportEvent,
  type ImportState,
} from '../../src/app/bulk/operator-import.js';

/** How rows are imported; each time from a file of the same name. */
export interface ImportSetting extends Partial<Omit<ImportAsked, 'file'>> {
  readonly url: string;
  readonly folder: string;
  /** Hears of what happens; ends the import by the signal that it is given. */
  readonly tell?: (state: ImportState, event: ImportEvent, stop: AbortController) => void;
}

/** Writes the lines into `rows.ndjson`, and imports that. */
export async function importRows(lines: readonly string[], setting: ImportSetting): Promise<ImportState> {
  const { url, folder, tell, batchSize = 10, ...more } = setting;
  const file = join(folder, 'rows.ndjson');
  await writeFile(file, `${lines.join('\n')}\n`);
  const asked = { file, batchSize, ...more };
  const stop = new AbortController();
  return importAsOperator({ url }, await openSource(asked), asked, stop.signal, (state, event) =>
    tell?.(state, event, stop),
  );
}
