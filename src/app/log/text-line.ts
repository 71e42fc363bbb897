/** A line of the log as a person reads it: `12:00:00.000 info GET /api/v1/users 200 1.2 ms user:alice`. Control characters are spelled out. */
export function textLine(json: string): string {
  const { level, time, msg, error, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const words = [
    clockOf(time),
    String(level).padEnd(5),
    printable(String(msg)),
    ...Object.entries(fields).flatMap(word),
  ];
  return `${words.join(' ')}\n${errorLines(error)}`;
}

function clockOf(time: unknown): string {
  return String(time).slice(11, 23);
}

function word([name, value]: [string, unknown]): string[] {
  if (typeof value === 'object' && value !== null) return Object.entries(value).flatMap(word);
  const text = String(value);
  return [`${name}=${/^[^\s"=]+$/.test(text) && printable(text) === text ? text : JSON.stringify(printable(text))}`];
}

function errorLines(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { type, message, stack, cause } = error as Record<string, unknown>;
  const frames = typeof stack === 'string' ? `${stack.split('\n').map(printable).join('\n')}\n` : '';
  return `  ${printable(`${String(type)}: ${String(message)}`)}\n${frames}${errorLines(cause)}`;
}

// A terminal does what control characters say, and a line break begins what looks like another line.
function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\p{Cf}]/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });
}
