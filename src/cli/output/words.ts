/** The word of an enum value, as documents write it: `NOT_READY` is `not-ready`. Empty for an unspecified one. */
export function wordOf(values: Readonly<Record<string, number>>, value: number): string {
  if (value === 0) return "";
  const name = Object.keys(values).find((key) => values[key] === value);
  return name?.toLowerCase().replaceAll("_", "-") ?? String(value);
}

/** A number with its noun: `1 model`, `3 models`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

/** A kind of the registry of versions: `modelVersion` as `model-version`. */
export function kindWord(kind: string): string {
  return kind.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
