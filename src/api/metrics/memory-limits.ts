import { getHeapStatistics } from "node:v8";

/** The limit of the control group, in bytes. Without one the kernel gives a number beyond all memory there is. */
export function memoryLimitBytes(): number | undefined {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < 2 ** 50 ? limit : undefined;
}

/**
 * How many bytes of JavaScript that are not young the process may hold: V8 ends it where they do not fit. What V8 calls its limit
 * has the space of young objects in it, three times a semi-space, whose size only the flag says. Without the
 * flag it stays in there.
 */
export function heapLimitBytes(): number {
  const flag = process.execArgv.findLast((arg) => arg.startsWith("--max-semi-space-size="));
  const semiSpaceMiB = flag === undefined ? 0 : Number(flag.slice(flag.indexOf("=") + 1));
  return getHeapStatistics().heap_size_limit - 3 * semiSpaceMiB * 2 ** 20;
}
