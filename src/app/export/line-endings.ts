const MARK = '\uFEFF';

/**
 * Changes a text with lines that end in LF, whatever the text begins with and its lines end in, and gives the outcome what the text had: its byte
 * order mark, and CRLF where most lines end so. To YAML and to JSON it is all the same.
 */
export function keepingLineEndings(text: string, change: (plain: string) => string): string {
  const mark = text.startsWith(MARK) ? MARK : '';
  const plain = text.slice(mark.length).replaceAll('\r\n', '\n');
  const ends = plain.split('\n').length - 1;
  const pairs = text.split('\r\n').length - 1;
  const changed = change(plain);
  return mark + (2 * pairs > ends ? changed.replaceAll('\n', '\r\n') : changed);
}
