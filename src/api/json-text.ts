import { isUtf8 } from "node:buffer";
import { hasByteOrderMark, notUtf8At } from "../predict/json/not-utf8.ts";
import { invalidField } from "../registry/registry-error.ts";

/**
 * Asserts that the bytes of JSON are text, before a parser gets them: parsers replace what is not UTF-8 without a word, and
 * show a byte order mark as a character that nobody can see.
 *
 * @param field how the whole is named in errors
 * @throws RegistryError INVALID_REQUEST
 */
export function assertJsonText(bytes: Uint8Array, field: string): void {
  if (hasByteOrderMark(bytes)) {
    throw invalidField(field, "starts with a byte order mark (BOM), which JSON must not have; send it without one");
  }
  if (!isUtf8(bytes)) throw invalidField(field, `is not UTF-8 at byte ${notUtf8At(bytes)}`);
}
