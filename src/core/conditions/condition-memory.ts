import type { Condition } from './condition.js';

// In characters of JSON: a few thousand conditions as they usually are, and a bounded number of the longest.
const MOST_TEXT = 1_000_000;

/**
 * Conditions by their JSON, so that the same one need not be read again. Pure, so never stale; the ones not asked for of late
 * are forgotten.
 */
export class ConditionMemory {
  private recent = new Map<string, Condition>();
  private former = new Map<string, Condition>();
  private recentText = 0;

  constructor(private readonly mostText = MOST_TEXT) {}

  get(text: string): Condition | undefined {
    const found = this.recent.get(text);
    if (found) return found;
    const before = this.former.get(text);
    return before && this.keep(text, before);
  }

  keep(text: string, condition: Condition): Condition {
    if (this.recentText + text.length > this.mostText) {
      this.former = this.recent;
      this.recent = new Map();
      this.recentText = 0;
    }
    this.recent.set(text, condition);
    this.recentText += text.length;
    return condition;
  }
}
