const noted = new Set<string>();

/** Keeps word of an answer that is not as it is described. */
export function noteUndocumented(fault: string): void {
  noted.add(fault);
}

/** What was noted since the last time. */
export function takeUndocumented(): string[] {
  const faults = [...noted];
  noted.clear();
  return faults;
}

/** @throws Error naming each answer that was noted since the last time. */
export function refuseUndocumented(): void {
  const faults = takeUndocumented();
  if (faults.length > 0) throw new Error(`Answers that /openapi.json does not describe:\n${faults.join('\n')}`);
}
