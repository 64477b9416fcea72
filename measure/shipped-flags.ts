/** The flags of Node that the image and `npm start` start with; the built program itself has most of them. */
export const shippedFlags: readonly string[] = [
  "--max-semi-space-size=16",
  "--initial-old-space-size=96",
  "--heap-growing-percent=50",
  "--external-memory-accounted-in-global-limit",
  "--no-allocation-site-pretenuring",
];
