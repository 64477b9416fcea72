import { likeParts } from "../../base/filter/like-matcher.ts";

/**
 * A pattern of a filter as a LIKE pattern with `!` as its escape: the meaning of `\` in strings depends on the database and
 * its mode.
 */
export function likePattern(pattern: string): string {
  return likeParts(pattern)
    .map((part) => (part === "any" ? "%" : part === "one" ? "_" : part.text.replace(/[!%_]/g, "!$&")))
    .join("");
}

/** The fixed start of all texts that match a pattern, and whether the pattern requires nothing else. */
export function likeStart(pattern: string): { readonly start: string; readonly isAll: boolean } {
  const [first, ...others] = likeParts(pattern);
  if (typeof first !== "object") return { start: "", isAll: first === "any" && others.length === 0 };
  return { start: first.text, isAll: others.length === 1 && others[0] === "any" };
}

/** A GLOB pattern of SQLite for texts with this start. */
export function globOfStart(start: string): string {
  return `${globOf(start)}*`;
}

/** A pattern of a filter as a GLOB pattern of SQLite, whose LIKE ignores case. */
export function globPattern(pattern: string): string {
  return likeParts(pattern)
    .map((part) => (part === "any" ? "*" : part === "one" ? "?" : globOf(part.text)))
    .join("");
}

function globOf(text: string): string {
  return text.replace(/[*?[]/g, "[$&]");
}
