/** Whether plain data is nested deeper than `maxDepth`, or holds more than `maxValues` values. Stops at the limits. */
export function exceeds(value: unknown, maxDepth: number, maxValues: number): boolean {
  let values = 0;
  const visit = (part: unknown, depth: number): boolean => {
    if (++values > maxValues || depth > maxDepth) return true;
    return typeof part === "object" && part !== null && Object.values(part).some((inner) => visit(inner, depth + 1));
  };
  return visit(value, 0);
}
