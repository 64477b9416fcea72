/**
 * Whether a text has more than `max` characters that begin or separate values: brackets, commas, colons and line ends,
 * quoted or not. Values take many times the memory of their text, so this is checked before parsing: a parser that runs
 * out of memory ends the process.
 */
export function hasMoreMarks(text: string, max: number): boolean {
  if (text.length <= max) return false;
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === comma || unit === bracket || unit === brace || unit === colon || unit === newline) {
      if (++count > max) return true;
    }
  }
  return false;
}

const [comma, bracket, brace, colon, newline] = [0x2c, 0x5b, 0x7b, 0x3a, 0x0a];
