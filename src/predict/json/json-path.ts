import type { JsonScanner, Span } from "./json-scanner.ts";

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/**
 * Where the value at a path lies within a value whose syntax has been checked: keys and indexes with dots between them,
 * `scores.0`. Undefined when there is none. An empty path is the value itself.
 */
export function valueAt(scanner: JsonScanner, within: Span, path: readonly string[]): Span | undefined {
  let at: Span | undefined = within;
  for (const step of path) {
    at = memberOf(scanner, at, step);
    if (at === undefined) return undefined;
  }
  return at;
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
