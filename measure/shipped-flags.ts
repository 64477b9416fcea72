/** What the image sets in its environment for the allocator of the C library. */
export const shippedEnvironment: Readonly<Record<string, string>> = { MALLOC_MMAP_THRESHOLD_: "4194304" };

/** The flags of Node that the image and `npm start` start with; the built program itself has most of them. */
export const shippedFlags: readonly string[] = [
  "--max-semi-space-size=16",
  "--initial-old-space-size=96",
  "--heap-growing-percent=50",
  "--external-memory-accounted-in-global-limit",
  "--no-allocation-site-pretenuring",
];
