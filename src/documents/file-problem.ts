import type { Document, Node } from "yaml";
import { problemText } from "../base/field-reader.ts";
import type { Locate, Position } from "./yaml/position.ts";
import type { TextProblem } from "./yaml/read-yaml.ts";
import { repeatedKeys } from "./yaml/yaml-item.ts";

/** What is wrong, or could be better, at a place of a file. */
export interface FileProblem {
  readonly position: Position;
  /** An error keeps the models from being served as written; a warning does not. */
  readonly severity: "error" | "warning";
  readonly message: string;
}

/** Orders problems as they stand in a file. */
export function byPosition({ position: a }: FileProblem, { position: b }: FileProblem): number {
  return a.line - b.line || a.column - b.column;
}

/** What is wrong with a text, at its place in the file. */
export function fileProblem({ offset, message }: TextProblem, locate: Locate): FileProblem {
  return { position: locate(offset), severity: "error", message };
}

/**
 * The keys that a document has twice in one map.
 *
 * @param except items of a list, which have theirs among their own problems
 */
export function repeatedKeyProblems(
  { contents }: Document,
  locate: Locate,
  except: readonly (Node | null)[] = [],
): FileProblem[] {
  if (contents === null) return [];
  return repeatedKeys(contents, new Set<unknown>(except)).map((problem) =>
    fileProblem({ offset: problem.offset, message: problemText(problem) }, locate),
  );
}
