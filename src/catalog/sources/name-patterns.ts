import { likeMatcher } from "../../base/filter/like-matcher.ts";

/** Whether a name belongs to a source. */
export type NameFilter = (name: string) => boolean;

/** The longest pattern. */
const maxChars = 255;
const maxPatterns = 1024;

/** The problem of a source's patterns; undefined when there is none. */
export function patternProblem(included: readonly string[], excluded: readonly string[]): string | undefined {
  for (const pattern of [...included, ...excluded]) {
    if (pattern.trim() === "" || pattern.length > maxChars) {
      return `pattern ${JSON.stringify(pattern.slice(0, 80))}: expected 1 to ${maxChars} characters`;
    }
  }
  if (included.length > maxPatterns || excluded.length > maxPatterns) return `expected at most ${maxPatterns} patterns`;
  const both = included.find((pattern) => excluded.some((other) => other.toLowerCase() === pattern.toLowerCase()));
  return both === undefined ? undefined : `pattern ${JSON.stringify(both)} is both included and excluded`;
}

/** Patterns with `*` for any characters, case-insensitive. Exclusion takes precedence. */
export function createNameFilter(included: readonly string[] = [], excluded: readonly string[] = []): NameFilter {
  const inside = included.map(patternMatcher);
  const outside = excluded.map(patternMatcher);
  return (name) => {
    const lower = name.toLowerCase();
    if (outside.some((matches) => matches(lower))) return false;
    return inside.length === 0 || inside.some((matches) => matches(lower));
  };
}

function patternMatcher(pattern: string): NameFilter {
  return likeMatcher(
    pattern
      .trim()
      .toLowerCase()
      .replace(/[%_\\]/g, "\\$&")
      .replaceAll("*", "%"),
  );
}
