const jsonNumber = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,9}))?$/;

/**
 * The one form of all texts of the same decimal number, compared by digits and so without loss: `-1`, `-1.0` and `-10e-1`
 * are `-1e0`. Undefined for a text that is not a number, and for one with an exponent of more than nine digits.
 */
export function canonicalDecimal(text: string): string | undefined {
  const match = jsonNumber.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const all = whole + fraction;
  let start = 0;
  while (all[start] === "0") start++;
  let end = all.length;
  while (end > start && all[end - 1] === "0") end--;
  if (start === end) return "0";
  return `${sign}${all.slice(start, end)}e${Number(exponent) - fraction.length + all.length - end}`;
}
