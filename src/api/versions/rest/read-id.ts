import { isId } from "../../../versions/check-record.ts";
import { badBody } from "./body-error.ts";

/**
 * An id that a path, a query or a body gives.
 *
 * @param words what it is the id of
 * @throws VersionsError INVALID
 */
export function assertId(id: string, words: string, field = "id"): string {
  if (isId(id)) return id;
  const shown = id.length > 40 ? `${id.slice(0, 40)}...` : id;
  throw badBody(
    field,
    `invalid ${words} ID: ${shown} is no decimal number from 1 on of at most 63 bits: bad request`,
    "value",
  );
}
