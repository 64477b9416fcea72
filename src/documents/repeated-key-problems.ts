import type { Document, Node } from "yaml";
import { problemText } from "../base/field-reader.ts";
import { type FileProblem, fileProblem } from "./file-problem.ts";
import type { Locate } from "./yaml/position.ts";
import { repeatedKeys } from "./yaml/yaml-item.ts";

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
