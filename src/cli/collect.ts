/** Reads an option that may be given again. */
export function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}
