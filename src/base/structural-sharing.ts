import { isDeepStrictEqual } from "node:util";

/**
 * An object whose parts are replaced by those of an older one wherever they are equal. Of many versions of an entry
 * only the differences are then kept, and comparing them costs next to nothing.
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
