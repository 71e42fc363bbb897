import { readFileSync } from 'node:fs';
import type { Mode } from '../../src/core/model.js';

/** A row of the table in docs/modes.md: what somebody holds, and what comes of it. */
export interface ModesCase {
  readonly everywhere: string;
  readonly onObject: string;
  /** By mode: whether it is listed, and the status of GET, PATCH and DELETE, and of POST. */
  readonly outcomes: Readonly<Record<Mode, string>>;
}

const ALL = ['view', 'add', 'change', 'delete'];

/** The actions that a cell of the first two columns stands for. */
export const actionsIn = (cell: string): string[] => (cell === 'all' ? ALL : ALL.filter((action) => action === cell));

export const modesTable: readonly ModesCase[] = readFileSync(new URL('../../docs/modes.md', import.meta.url), 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim()))
  .filter((cells) => /^(yes|no|\d{3}), \d{3} /.test(cells[3] ?? ''))
  .map(([, everywhere = '', onObject = '', union = '', both = '', object = '']) => ({
    everywhere,
    onObject,
    outcomes: { union, both, object },
  }));
