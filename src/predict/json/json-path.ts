import type { JsonScanner, Span } from "./json-scanner.ts";

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/**
 * Finds the value at a path within a value whose syntax has been checked. A path has keys and indexes separated by
 * dots, `scores.0`. Keys may contain dots, `probability(1.0)`: the longest matching key is tried first. Undefined when
 * there is none.
 */
export function valueAt(scanner: JsonScanner, within: Span, path: string): Span | undefined {
  for (let end = path.length; end > 0; end = path.lastIndexOf(".", end - 1)) {
    const member = memberOf(scanner, within, path.slice(0, end));
    if (member === undefined) continue;
    const found = end === path.length ? member : valueAt(scanner, member, path.slice(end + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

function memberOf(scanner: JsonScanner, within: Span, step: string): Span | undefined {
  let found: Span | undefined;
  const note = (key: string, start: number): number => {
    const end = scanner.value(start, 0);
    if (key === step) found = { start, end };
    return end;
  };
  if (scanner.bytes[within.start] === OPEN_BRACE) scanner.object(within.start, 0, note);
  else if (scanner.bytes[within.start] === OPEN_BRACKET)
    scanner.array(within.start, 0, (i, start) => note(String(i), start));
  return found;
}
