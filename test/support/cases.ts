/**
 * How many generated cases a property is held against: all of them in CI and by `npm run test:cases`, and a quarter of them in a
 * run of the tests at hand, which draws others each time.
 */
export function cases(count: number): number {
  return process.env.CI === "true" || process.env.CASES === "all" ? count : Math.ceil(count / 4);
}
