import { likeParts } from "../../base/filter/like-matcher.ts";

/** Not `\`, whose meaning in a string depends on the database and its mode. */
export const likeEscape = "!";

/** A pattern of a filter as a LIKE pattern with `!` as its escape. */
export function likePattern(pattern: string): string {
  return likeParts(pattern)
    .map((part) => (part === "any" ? "%" : part === "one" ? "_" : part.text.replace(/[!%_]/g, "!$&")))
    .join("");
}

/** A pattern of a filter as a GLOB pattern of SQLite, whose LIKE ignores case. */
export function globPattern(pattern: string): string {
  return likeParts(pattern)
    .map((part) => (part === "any" ? "*" : part === "one" ? "?" : part.text.replace(/[*?[]/g, "[$&]")))
    .join("");
}
