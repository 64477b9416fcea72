/** One part of a LIKE pattern: a text, `%` for any characters, or `_` for exactly one. */
export type LikePart = { readonly text: string } | "any" | "one";

/** Reads a pattern in which `\` takes its meaning from `%`, `_` and `\`, and stands for itself before all else. */
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
      // More than one % in a row says no more than one, and costs a matcher dearly.
      if (found === "_") parts.push("one");
      else if (parts.at(-1) !== "any") parts.push("any");
    } else text += found;
  }
  flush();
  return parts;
}

/** What stands between two `%`: how many code points, which of them are given, and the longest text that some of them are. */
interface Segment {
  length: number;
  readonly given: (readonly [at: number, character: string])[];
  text: string;
  textAt: number;
}

/**
 * Matches any pattern by a walk along each text. Only characters that are given are compared: a pattern of many `_` fits
 * nearly everywhere up to its last character, and would be compared to there at each place of a text.
 */
export function likeWalker(parts: readonly LikePart[]): (text: string) => boolean {
  const segments = segmentsOf(parts);
  const minLength = segments.reduce((sum, { length }) => sum + length, 0);
  return (text) => text.length >= minLength && walk(text, segments, minLength);
}

/** With one more than there are `%`; empty ones at an end of the pattern that is one. */
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

/** Where a segment may stand, from a place on: what is found in a text at once need not be walked to. */
function nextPlace(found: string | readonly string[], from: number, { text, textAt }: Segment): number {
  if (typeof found !== "string") return from;
  const at = found.indexOf(text, from + textAt);
  return at < 0 ? found.length + 1 : at - textAt;
}

function fitsAt(found: ArrayLike<string>, start: number, { given }: Segment): boolean {
  for (const [at, character] of given) if (found[start + at] !== character) return false;
  return true;
}

/** A LIKE pattern made ready for many texts: without `_` in it, each of its parts is found without a walk. */
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
