/** The flags of Node that the image, `npm start` and the built program itself start with. */
export const shippedFlags: readonly string[] = [
  "--max-semi-space-size=16",
  "--initial-old-space-size=96",
  "--heap-growing-percent=50",
  "--no-allocation-site-pretenuring",
];
