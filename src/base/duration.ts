const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Reads `10s`, `500ms`, `2m`, `1h` (also `1.5s`) as milliseconds; undefined when it is none. */
export function parseDurationMs(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim());
  return match === null ? undefined : Number(match[1]) * (units[match[2]!] ?? 0);
}

/** Writes milliseconds the way `parseDurationMs` reads them, in the largest whole unit. */
export function formatDuration(ms: number): string {
  const unit = ["h", "m", "s"].find((u) => ms !== 0 && ms % units[u]! === 0) ?? "ms";
  return `${ms / units[unit]!}${unit}`;
}
