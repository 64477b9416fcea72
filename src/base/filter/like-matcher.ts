import { type LikePart, likeParts, likeWalker } from "./like-pattern.ts";

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
