/** How many columns `wasm/row-scanner.ts` has room for, besides one after the last. */
export const maxColumns = 2000;

/** Eight digits may be the beginning of a longer number, so they only show that a number is larger than this. */
const longest = 9_999_999;
/** Larger than any integer part. */
const unbounded = 0x7fff_fffe;
const rangeBytes = 8;

/**
 * For each column the integer parts of a number that show that it lies within bounds, as `wasm/row-scanner.ts` reads them:
 * of numbers without a minus first, then of those with one; of both without decimals first, then with. Each range is its
 * least integer part and how many follow. A number outside of them may still fit, next to a bound that is not whole.
 *
 * @param bounds the least and the greatest of each column, in turn
 * @param whole of each column 1 where numbers are whole
 * @returns undefined for more columns than there is room for
 */
export function integerBoundsOf(bounds: Float64Array, whole: Uint8Array): Uint8Array | undefined {
  const columns = whole.length;
  if (columns > maxColumns) return undefined;
  const parts = new DataView(new ArrayBuffer((columns + 1) * 4 * rangeBytes));
  let at = 0;
  const write = (least: number, greatest: number): void => {
    const taken = least <= greatest && least <= longest;
    parts.setInt32(at, taken ? least : unbounded + 1, true);
    parts.setInt32(at + 4, taken ? greatest - least : 0, true);
    at += rangeBytes;
  };
  const writeSide = (min: number, max: number, isWhole: boolean): void => {
    const least = Math.max(0, Math.ceil(min));
    // A number of eight digits may have more, which a check for integers must not miss.
    const open = max === Number.MAX_VALUE && !isWhole;
    write(least, open ? unbounded : Math.min(Math.floor(max), longest));
    write(least, open ? unbounded : isWhole ? -1 : Math.min(Math.floor(max) - 1, longest));
  };
  for (let column = 0; column < columns; column++) {
    const min = bounds[column * 2]!;
    const max = bounds[column * 2 + 1]!;
    writeSide(min, max, whole[column] === 1);
    writeSide(-max, -min, whole[column] === 1);
  }
  // After the last column nothing is accepted.
  for (let i = 0; i < 4; i++) write(0, -1);
  return new Uint8Array(parts.buffer);
}
