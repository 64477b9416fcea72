/**
 * Whether a text has more than so many marks that begin or split values: brackets, commas, colons and ends of lines, quoted
 * or not. Each value of a document takes many times its text, so this is looked at before anything is parsed: a parser that
 * runs out of memory takes the whole process with it.
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
