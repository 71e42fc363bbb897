import type { Log } from '../log/log.js';
import type { Tracing } from './tracing.js';

/** Begins to trace. OpenTelemetry's SDK is loaded only now, and reads its own variables of the environment for where traces go. */
export async function startTracing(log: Log): Promise<Tracing> {
  const { OtlpTracing } = await import('./otlp-tracing.js');
  return new OtlpTracing(log);
}
