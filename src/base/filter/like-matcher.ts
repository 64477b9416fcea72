/** One part of a LIKE pattern: a text, `%` for any characters, or `_` for exactly one. */
export type LikePart = { readonly text: string } | "any" | "one";

/** Parses a pattern. `\` escapes `%`, `_` and `\`, and is an ordinary character before anything else. */
export function likeParts(pattern: string): LikePart[] {
  const parts: LikePart[] = [];
  let text = "";
  const flush = () => {
    if (text !== "") parts.push({ text });
    text = "";
  };
  for (const [found, escaped] of pattern.matchAll(/\\([%_\\])|./gsu)) {
    if (escaped !== undefined) text += escaped;
    else if (found === "%" || found === "_") {
      flush();
      // Several % in a row mean the same as one, and would cost the matcher dearly.
      if (found === "_") parts.push("one");
      else if (parts.at(-1) !== "any") parts.push("any");
    } else text += found;
  }
  flush();
  return parts;
}

/**
 * The part of a pattern between two `%`: its length in code points, the characters that are given (the rest are `_`),
 * and the longest run of given characters.
 */
interface Segment {
  length: number;
  readonly given: (readonly [at: number, character: string])[];
  text: string;
  textAt: number;
}

/**
 * Matches any pattern by walking along the text. Only given characters are compared: a pattern of many `_` would match
 * nearly everywhere up to its last character, and each position of the text would cost as much as the pattern is long.
 */
export function likeWalker(parts: readonly LikePart[]): (text: string) => boolean {
  const segments = segmentsOf(parts);
  const minLength = segments.reduce((sum, { length }) => sum + length, 0);
  return (text) => text.length >= minLength && walk(text, segments, minLength);
}

/** One more than there are `%`. A pattern that begins or ends with `%` has an empty segment there. */
function segmentsOf(parts: readonly LikePart[]): readonly Segment[] {
  const empty = (): Segment => ({ length: 0, given: [], text: "", textAt: 0 });
  const segments = [empty()];
  for (const part of parts) {
    const segment = segments.at(-1)!;
    if (part === "any") segments.push(empty());
    else if (part === "one") segment.length++;
    else {
      if (part.text.length > segment.text.length) {
        segment.text = part.text;
        segment.textAt = segment.length;
      }
      for (const character of part.text) segment.given.push([segment.length++, character]);
    }
  }
  return segments;
}

const surrogate = /[\uD800-\uDFFF]/;

function walk(text: string, segments: readonly Segment[], minLength: number): boolean {
  // One `_` stands for one code point, which may be two units.
  const found = surrogate.test(text) ? [...text] : text;
  const first = segments[0]!;
  if (segments.length === 1) return found.length === minLength && fitsAt(found, 0, first);
  const last = segments.at(-1)!;
  const end = found.length - last.length;
  if (found.length < minLength || !fitsAt(found, 0, first) || !fitsAt(found, end, last)) return false;
  let at = first.length;
  for (const segment of segments.slice(1, -1)) {
    at = nextPlace(found, at, segment);
    while (at + segment.length <= end && !fitsAt(found, at, segment)) at = nextPlace(found, at + 1, segment);
    at += segment.length;
    if (at > end) return false;
  }
  return true;
}

/** The next position where a segment may match. `indexOf` skips positions much faster than the walk does. */
function nextPlace(found: string | readonly string[], from: number, { text, textAt }: Segment): number {
  if (typeof found !== "string") return from;
  const at = found.indexOf(text, from + textAt);
  return at < 0 ? found.length + 1 : at - textAt;
}

function fitsAt(found: ArrayLike<string>, start: number, { given }: Segment): boolean {
  for (const [at, character] of given) if (found[start + at] !== character) return false;
  return true;
}

/** A LIKE pattern compiled for many texts. Without `_`, its parts are found with `indexOf`. */
export function likeMatcher(pattern: string): (text: string) => boolean {
  const parts = likeParts(pattern);
  if (parts.includes("one")) return likeWalker(parts);
  const texts = parts.filter(isText).map(({ text }) => text);
  if (!parts.includes("any")) {
    const [whole = ""] = texts;
    return (text) => text === whole;
  }
  const first = isText(parts[0]) ? texts.shift()! : "";
  const last = isText(parts.at(-1)) ? texts.pop()! : "";
  return (text) => {
    const end = text.length - last.length;
    if (first.length > end || !text.startsWith(first) || !text.endsWith(last)) return false;
    let at = first.length;
    for (const part of texts) {
      const found = text.indexOf(part, at);
      if (found < 0 || found + part.length > end) return false;
      at = found + part.length;
    }
    return true;
  };
}

function isText(part: LikePart | undefined): part is { readonly text: string } {
  return typeof part === "object";
}
