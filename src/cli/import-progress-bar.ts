import cliProgress from 'cli-progress';
import type { ImportEvent, ImportState } from '../app/bulk/operator-import.js';
import type { Output } from './output.js';

const TELL_EVERY_MS = 3000;
const number = (value: number): string => Math.round(value).toLocaleString('en');

/** Shows how far an import is: a bar on a terminal, a line every few seconds elsewhere, nothing where answers are JSON. */
export class ImportProgressBar {
  #bar: cliProgress.SingleBar | undefined;
  #begun = performance.now();
  #told = performance.now();

  constructor(
    private readonly output: Output,
    /** Of the file, in bytes; null where nobody knows, as of the standard input. */
    private readonly size: number | null,
    private readonly screen: NodeJS.WriteStream = process.stderr,
  ) {}

  begin(state: ImportState): void {
    this.#begun = performance.now();
    this.#told = this.#begun;
    if (this.output.json || !this.screen.isTTY || this.size === null) return;
    this.#bar = new cliProgress.SingleBar(
      {
        format: '{bar} {percentage}%  {rows} rows  {rate} a second  {stage}',
        stream: this.screen,
        hideCursor: true,
        clearOnComplete: true,
        barsize: 30,
      },
      cliProgress.Presets.shades_classic,
    );
    this.#bar.start(this.size, state.bytes, this.#figures(state, 'begun'));
  }

  show(state: ImportState, event: ImportEvent): void {
    const figures = this.#figures(state, event);
    if (this.#bar) {
      this.#bar.update(Math.min(state.bytes, this.size ?? 0), figures);
      return;
    }
    if (performance.now() - this.#told < TELL_EVERY_MS) return;
    this.#told = performance.now();
    const { rows, rate, stage } = figures;
    this.output.note(`${rows} rows, ${rate} a second${this.size === null ? '' : `, ${stage}`}`);
  }

  /** Takes the bar away. */
  end(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }

  #figures({ rows, resumed, bytes }: ImportState, event: ImportEvent): { rows: string; rate: string; stage: string } {
    const seconds = Math.max((performance.now() - this.#begun) / 1000, 0.001);
    const rate = (rows - resumed) / seconds;
    const share = this.size ? bytes / this.size : 0;
    const begunAt = rows > 0 ? (share * resumed) / rows : 0;
    const speed = (share - begunAt) / seconds;
    const left = speed > 0 ? timeOf((1 - share) / speed) : 'some time';
    return { rows: number(rows), rate: number(rate), stage: event === 'indexing' ? 'making indexes' : `${left} left` };
  }
}

function timeOf(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
