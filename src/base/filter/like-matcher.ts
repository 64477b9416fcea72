import { likeParts, matchesLike } from "./like-pattern.ts";

/** A LIKE pattern made ready for many texts: what begins, ends or holds a text is found without a walk. */
export function likeMatcher(pattern: string): (text: string) => boolean {
  const parts = likeParts(pattern);
  const [first, middle, last] = parts;
  if (parts.length === 1) return textMatcher(first, pattern);
  if (parts.length === 2 && isText(first) && middle === "any") return (text) => text.startsWith(first.text);
  if (parts.length === 2 && first === "any" && isText(middle)) return (text) => text.endsWith(middle.text);
  if (parts.length === 3 && first === "any" && isText(middle) && last === "any") {
    return (text) => text.includes(middle.text);
  }
  return (text) => matchesLike(text, pattern);
}

type Part = ReturnType<typeof likeParts>[number] | undefined;

function isText(part: Part): part is { readonly text: string } {
  return typeof part === "object";
}

function textMatcher(part: Part, pattern: string): (text: string) => boolean {
  if (part === "any") return () => true;
  return isText(part) ? (text) => text === part.text : (text) => matchesLike(text, pattern);
}
