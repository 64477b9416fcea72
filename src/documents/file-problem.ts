import type { Document, Node } from "yaml";
import { problemText } from "../base/field-reader.ts";
import type { Locate, Position } from "./yaml/position.ts";
import type { TextProblem } from "./yaml/read-yaml.ts";
import { repeatedKeys } from "./yaml/yaml-item.ts";

/** An error or a warning at a place of a file. */
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

/** A problem of a text, at its place in the file. */
export function fileProblem({ offset, message }: TextProblem, locate: Locate): FileProblem {
  return { position: locate(offset), severity: "error", message };
}

/**
 * Keys that are repeated within one map of a document.
 *
 * @param except items of a list, whose repeated keys are among their own problems
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
