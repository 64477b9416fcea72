import { hash } from "node:crypto";

/**
 * The id of what stands at some place: a decimal number from 1 to 2^53 - 1. It is made from the place alone, so that
 * every replica, and every start, gives the same.
 */
export function entryId(...place: readonly string[]): string {
  const digest = hash("sha256", JSON.stringify(place), "buffer");
  return String((digest.readBigUInt64BE() >> 11n) + 1n);
}
