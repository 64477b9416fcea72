import { VersionsError, type Violation } from "../../../versions/versions-error.ts";

/** What is wrong with a body, in the words of the server that existing clients know. */
export function badBody(
  field: string,
  message: string,
  problem: Violation["problem"] = "type",
): VersionsError<"INVALID"> {
  return new VersionsError("INVALID", message, {
    kind: undefined,
    violations: [{ field, problem, description: message }],
  });
}
