import { hash } from "node:crypto";

/**
 * The id of an entry at a place: a decimal number from 1 to 2^53 - 1. It is derived from the place alone, so every
 * replica, and every start, has the same one.
 */
export function entryId(...place: readonly string[]): string {
  const digest = hash("sha256", JSON.stringify(place), "buffer");
  return String((digest.readBigUInt64BE() >> 11n) + 1n);
}
