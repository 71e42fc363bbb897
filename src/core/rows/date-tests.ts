import { orderOf } from '../conditions/compare-values.js';
import { allOf, anyOf, onColumn, type RowFilter } from './row-filter.js';
import type { RowColumn } from './row-model.js';

// Between these, the order of times is that of their texts.
const FIRST = Date.parse('0001-01-01T00:00:00.000Z');
const END = Date.parse('9999-12-31T23:59:59.999Z');

const textOf = (time: number): string => new Date(time).toISOString();

/** The time that a text names in the very form in which times are attributes. */
export function dateOf(text: string): Date | undefined {
  const time = Date.parse(text);
  return time >= FIRST && time < END && textOf(time) === text ? new Date(time) : undefined;
}

/** Whether the text is how a time would be written as an attribute, but for one of the years that can not be asked about. */
export function isDateBeyond(text: string): boolean {
  const time = Date.parse(text);
  return !Number.isNaN(time) && (time < FIRST || time >= END) && textOf(time) === text;
}

/** Rows whose time, which may be finer, is one of these to the millisecond; or (`truth` false) none of them. */
export function isOneOfDates(column: RowColumn, dates: readonly Date[], truth: boolean): RowFilter {
  const times = [...new Set(dates.map((date) => date.getTime()))];
  return truth
    ? anyOf(times.map((time) => allOf([before(column, time, false), before(column, time + 1, true)])))
    : allOf(times.map((time) => anyOf([before(column, time, true), before(column, time + 1, false)])));
}

/** Rows whose time, as a text, comes before the text (or is it); or (`holds` false) does not. */
export function dateOrder(column: RowColumn, text: string, operator: 'less' | 'lessOrSame', holds: boolean): RowFilter {
  const least = operator === 'less' ? 0 : 1;
  const bound = firstTime((time) => (orderOf(textOf(time), text) as number) >= least);
  return allOf([before(column, holds ? FIRST : bound, false), before(column, holds ? bound : END, true)]);
}

const before = (column: RowColumn, time: number, holds: boolean): RowFilter =>
  onColumn(column, { operator: 'less', value: new Date(time) }, holds);

/** The first of the times that pass, of which all later ones do as well. */
function firstTime(passes: (time: number) => boolean): number {
  let [from, to] = [FIRST, END];
  while (from < to) {
    const middle = Math.floor((from + to) / 2);
    if (passes(middle)) to = middle;
    else from = middle + 1;
  }
  return to;
}
