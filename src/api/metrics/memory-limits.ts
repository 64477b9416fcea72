import { getHeapStatistics } from "node:v8";

/** The limit of the control group, in bytes. Without one the kernel tells a number beyond all memory there is. */
export function memoryLimitBytes(): number | undefined {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < 2 ** 50 ? limit : undefined;
}

/**
 * How many bytes of JavaScript that are not young the process may hold. V8 counts the space of young objects as part of its
 * limit, and ends the process without it: that is three halves of what --max-semi-space-size allows.
 */
export function heapLimitBytes(): number {
  const flag = process.execArgv.findLast((arg) => arg.startsWith("--max-semi-space-size="));
  const semiSpaceMiB = flag === undefined ? defaultSemiSpaceMiB : Number(flag.slice(flag.indexOf("=") + 1));
  return getHeapStatistics().heap_size_limit - 3 * semiSpaceMiB * 2 ** 20;
}

/** Of Node 24 on 64 bits. */
const defaultSemiSpaceMiB = 64;
