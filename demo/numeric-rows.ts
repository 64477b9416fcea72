/** What an estimator accepts. */
export interface RowRules {
  /** The estimator's name as its errors give it: `IsolationForest`. */
  readonly estimator: string;
  /** How many numbers a row has. */
  readonly width: number;
  /** Whether a number may be missing (`null`, taken as NaN). */
  readonly allowMissing: boolean;
}

/**
 * Reads KServe v1 instances as rows of numbers, the way a scikit-learn model behind KServe does: `null` is a missing
 * number, a number in quotes is that number, and anything else fails in the words of NumPy and scikit-learn.
 *
 * @returns one array of `width` numbers per instance
 * @throws Error with the message that a KServe server passes on in its HTTP 500
 */
export function numericRows(instances: readonly unknown[], { estimator, width, allowMissing }: RowRules): number[][] {
  if (instances.length === 0 || !instances.some((row) => Array.isArray(row))) {
    const object = instances.find((row) => typeof row === "object" && row !== null);
    if (object !== undefined) toNumber(object);
    throw new Error("Expected 2D array, got 1D array instead.");
  }
  const widths = instances.map((row) => (Array.isArray(row) ? row.length : -1));
  if (new Set(widths).size > 1) {
    throw new Error(
      "setting an array element with a sequence. The requested array has an inhomogeneous shape after 1 dimensions. " +
        `The detected shape was (${instances.length},) + inhomogeneous part.`,
    );
  }
  const rows = (instances as unknown[][]).map((row) => row.map(toNumber));
  if (widths[0] !== width) {
    throw new Error(`X has ${widths[0]} features, but ${estimator} is expecting ${width} features as input.`);
  }
  if (!allowMissing && rows.some((row) => row.some(Number.isNaN))) {
    throw new Error(`Input X contains NaN.\n${estimator} does not accept missing values encoded as NaN natively.`);
  }
  return rows;
}

function toNumber(value: unknown): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value === null) return Number.NaN;
  if (typeof value === "string") {
    const number = value.trim() === "" ? Number.NaN : Number(value);
    if (Number.isNaN(number)) throw new Error(`could not convert string to float: '${value}'`);
    return number;
  }
  throw new Error(
    `float() argument must be a string or a real number, not '${Array.isArray(value) ? "list" : "dict"}'`,
  );
}
