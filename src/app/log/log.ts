import { pino, type DestinationStream, type Logger } from 'pino';
import { describeError } from './error-description.js';
import type { LogFormat, LogLevel } from './log-options.js';
import { textLine } from './text-line.js';

/** What the operator is to know, a line at a time. It holds no secret: no header, query, body, password, token or SQL is ever given to it. */
export interface Log {
  isLevelEnabled(level: Exclude<LogLevel, 'silent'>): boolean;
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** A log, and its end. */
export interface OpenLog extends Log {
  /** Writes out what has not been written yet. */
  flush(): void;
}

/** Where a log goes: an open file, as node has it for the process's own streams. */
export interface LogTarget {
  readonly fd: number;
  readonly isTTY?: boolean;
}

const BUFFER_BYTES = 8 * 1024;
const FLUSH_EVERY_MS = 200;
// A reader that has stopped reading loses lines; it does not take the service's memory.
const MOST_BYTES_WAITING = 8 * 1024 * 1024;

/** Opens the log on the target: `auto` writes text on a terminal, and JSON otherwise; `everywhere` are the fields that each line has. */
export function openLog(
  target: LogTarget,
  level: LogLevel,
  format: LogFormat,
  everywhere: object | null = null,
): OpenLog {
  const destination = pino.destination({
    dest: target.fd,
    sync: false,
    minLength: BUFFER_BYTES,
    periodicFlush: FLUSH_EVERY_MS,
    maxLength: MOST_BYTES_WAITING,
  });
  const asText = format === 'text' || (format === 'auto' && target.isTTY === true);
  const log = logTo(asText ? { write: (line) => destination.write(textLine(line)) } : destination, level, everywhere);
  return Object.assign(log, {
    flush: () => {
      try {
        destination.flushSync();
      } catch {
        // Whoever was to read it is gone; there is nobody left to tell.
      }
    },
  });
}

/** A log that hands its lines, as JSON, to the destination. */
export function logTo(destination: DestinationStream, level: LogLevel, everywhere: object | null = null): Logger {
  return pino(
    {
      level,
      base: everywhere,
      timestamp: timestamps(),
      formatters: { level: (label) => ({ level: label }) },
      serializers: { error: describeError },
    },
    destination,
  );
}

// Many lines are of the same millisecond, and spelling it out takes as long as the rest of a line.
function timestamps(): () => string {
  let at = 0;
  let text = '';
  return () => {
    const now = Date.now();
    if (now !== at) {
      at = now;
      text = `,"time":"${new Date(now).toISOString()}"`;
    }
    return text;
  };
}

/** A log that nobody reads. */
export const NO_LOG: Log = pino({ level: 'silent' }, { write: () => {} });
