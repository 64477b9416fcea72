/**
 * Writes a double as JSON text that reads back as the same double, with two exceptions that JSON itself makes: NaN is
 * written as `null`, which KServe reads as a missing number, and infinities as the bare words that Python's JSON uses.
 */
export function writeNumber(value: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  if (Number.isFinite(value)) return String(value);
  if (Number.isNaN(value)) return "null";
  return value > 0 ? "Infinity" : "-Infinity";
}

/** Writes a double so that it reads as one where JSON distinguishes integers from doubles, as in Python: `1.0`, `-0.0`. */
export function writeDouble(value: number): string {
  const text = writeNumber(value);
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}
