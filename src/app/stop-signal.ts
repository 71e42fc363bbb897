/** Word that the process is asked to stop. */
export interface StopSignal {
  readonly signal: AbortSignal;
  readonly stopped: Promise<void>;
  dispose(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Listens for SIGINT and SIGTERM. The first asks for a clean stop; a second, whichever it is, ends the process at once. */
export function stopSignal(): StopSignal {
  const controller = new AbortController();
  const onSignal = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    signal: controller.signal,
    stopped: new Promise((resolve) => controller.signal.addEventListener('abort', () => resolve(), { once: true })),
    dispose: () => SIGNALS.forEach((name) => process.off(name, onSignal)),
  };
}
