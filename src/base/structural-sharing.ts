import { isDeepStrictEqual } from "node:util";

/**
 * An object with the parts of an older one in the place of its own, wherever they are equal. Of many changes of one entry
 * only what differs is then kept, and to compare them costs next to nothing.
 */
export function withStructuralSharing<T extends object>(now: T, before: T): T {
  const shared = { ...now };
  for (const key in shared) {
    const part = shared[key];
    const isShared = typeof part === "object" && part !== before[key] && isDeepStrictEqual(part, before[key]);
    if (isShared) shared[key] = before[key];
  }
  return Object.freeze(shared);
}
