// V8's own search is the fastest, but may take the product of both lengths for long texts that were made for it.
const LONGEST_FOR_BUILT_IN = 128;

/** Whether the text has this one in it; takes no longer than both are long, however they are made. */
export function containsText(text: string, wanted: string): boolean {
  if (wanted.length > text.length) return false;
  return wanted.length <= LONGEST_FOR_BUILT_IN ? text.includes(wanted) : searchLinearly(text, wanted);
}

/** @see Knuth, Morris and Pratt, Fast Pattern Matching in Strings, 1977 */
function searchLinearly(text: string, wanted: string): boolean {
  const borders = bordersOf(wanted);
  let matched = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    while (matched > 0 && wanted.charCodeAt(matched) !== unit) matched = borders[matched - 1] ?? 0;
    if (wanted.charCodeAt(matched) === unit) matched += 1;
    if (matched === wanted.length) return true;
  }
  return false;
}

// For each beginning of the text: how long the longest of its own beginnings is that it also ends with.
function bordersOf(text: string): Int32Array {
  const borders = new Int32Array(text.length);
  let border = 0;
  for (let index = 1; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    while (border > 0 && text.charCodeAt(border) !== unit) border = borders[border - 1] ?? 0;
    if (text.charCodeAt(border) === unit) border += 1;
    borders[index] = border;
  }
  return borders;
}
