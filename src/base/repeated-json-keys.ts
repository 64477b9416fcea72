const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/** Where the scan is: in an object, or in a list. */
type Level = { readonly keys: Set<string>; key: string } | { index: number };

/**
 * Finds the keys that an object of a JSON text has twice, of which `JSON.parse` keeps the last and says nothing. Long strings
 * are skipped by native code.
 *
 * @param json valid JSON
 * @returns the path of each from the outermost value on: keys of objects, and indexes of lists
 */
export function* repeatedJsonKeys(json: string): Generator<readonly (string | number)[]> {
  const levels: Level[] = [];
  let start = 0;
  let end = 0;
  for (let at = 0; at < json.length; at++) {
    switch (json.charCodeAt(at)) {
      case openBrace:
        levels.push({ keys: new Set(), key: "" });
        break;
      case openBracket:
        levels.push({ index: 0 });
        break;
      case closeBrace:
      case closeBracket:
        levels.pop();
        break;
      case comma: {
        const level = levels.at(-1)!;
        if ("index" in level) level.index++;
        break;
      }
      case colon: {
        const level = levels.at(-1)!;
        if ("index" in level) break;
        level.key = keyOf(json.slice(start, end + 1));
        if (level.keys.has(level.key)) yield levels.map((one) => ("index" in one ? one.index : one.key));
        level.keys.add(level.key);
        break;
      }
      case quote:
        start = at;
        end = endOfText(json, at);
        at = end;
    }
  }
}

/** One key may be written in several ways, with escapes. */
function keyOf(written: string): string {
  return written.includes("\\") ? (JSON.parse(written) as string) : written.slice(1, -1);
}

/** The position of a text's closing quote. */
function endOfText(json: string, start: number): number {
  for (let at = json.indexOf('"', start + 1); ; at = json.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (json.charCodeAt(at - 1 - backslashes) === backslash) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
}
