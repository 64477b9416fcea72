import type { EntryProblem } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { problemText } from "../../base/field-reader.ts";

/** Why an entry is refused, in one line: the first problem, and how many more there are. */
export function problemWords(problems: readonly EntryProblem[]): string {
  const [first] = problems;
  if (first === undefined) return "refused";
  const words = problemText(first);
  return problems.length === 1 ? `refused: ${words}` : `refused: ${words} (and ${problems.length - 1} more)`;
}
