/** A place in a file; line and column count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Turns an offset in a text into the place in the file that the text stands in. */
export type Locate = (offset: number) => Position;

/** Locates offsets of a text that is a whole file. */
export function locateIn(text: string): Locate {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - starts[low]! + 1 };
  };
}

/**
 * Locates offsets of a text that stands inside a file, line by line, such as a block of YAML in a ConfigMap.
 *
 * @param first where the first character of the text stands
 * @param indent how many columns the file puts before each further line
 */
export function locateWithin(text: string, first: Position, indent: number): Locate {
  const inner = locateIn(text);
  return (offset) => {
    const { line, column } = inner(offset);
    return line === 1
      ? { line: first.line, column: first.column + column - 1 }
      : { line: first.line + line - 1, column: indent + column };
  };
}
