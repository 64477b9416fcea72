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

/** Matches any pattern by a walk along each text, in time that grows with the product of their lengths at most. */
export function likeWalker(parts: readonly LikePart[]): (text: string) => boolean {
  const wanted = parts.flatMap((part) => (typeof part === "string" ? [part] : [...part.text]));
  const minLength = wanted.filter((part) => part !== "any").length;
  return (text) => text.length >= minLength && walk(text, wanted);
}

const surrogate = /[\uD800-\uDFFF]/;

function walk(text: string, wanted: readonly string[]): boolean {
  // One `_` stands for one code point, which may be two units.
  const found = surrogate.test(text) ? [...text] : text;
  let at = 0;
  let next = 0;
  let retryAt = 0;
  let retryNext = -1;
  while (at < found.length) {
    const part = wanted[next];
    if (part === "any") {
      retryNext = ++next;
      retryAt = at;
    } else if (part !== undefined && (part === "one" || part === found[at])) {
      next++;
      at++;
    } else if (retryNext >= 0) {
      next = retryNext;
      at = ++retryAt;
    } else return false;
  }
  while (wanted[next] === "any") next++;
  return next === wanted.length;
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
