import { formatTable } from "./table.ts";

/** Where a language has no number for it, a text says it, as in the protobuf JSON mapping. */
const bareWords = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/** Standard since ES2026 and in Node.js before that; the type declarations come later. */
const { rawJSON, isRawJSON } = JSON as unknown as {
  rawJSON(text: string): object;
  isRawJSON(value: unknown): boolean;
};

/**
 * Reads the JSON of a model server for showing: every number keeps its digits, and the bare words NaN and Infinity,
 * which JSON has not, become texts.
 *
 * @throws SyntaxError
 */
export function readModelJson(text: string): unknown {
  const quoted = text.replace(bareWords, (word) => (word.startsWith('"') ? word : `"${word}"`));
  return JSON.parse(quoted, (_key: string, value: unknown, context?: { source?: string }) =>
    typeof value === "number" && context?.source !== undefined ? rawJSON(context.source) : value,
  );
}

/**
 * Predictions as a table: one row per prediction, headed by the index of its instance. Predictions that are objects
 * have a column per key. What is not a list is one row.
 */
export function predictionsTable(predictions: unknown): string {
  const rows: readonly unknown[] = Array.isArray(predictions) ? predictions : [predictions];
  const keys = rows.every(isRecord) ? [...new Set(rows.flatMap((row) => Object.keys(row)))] : [];
  const columns = keys.length === 0 ? ["PREDICTION"] : keys;
  const cells = rows.map((row) => (keys.length === 0 ? [cellText(row)] : keys.map((key) => memberText(row, key))));
  if (!Array.isArray(predictions)) return formatTable(columns, cells);
  return formatTable(
    ["INSTANCE", ...columns],
    cells.map((row, i) => [String(i), ...row]),
  );
}

function memberText(row: unknown, key: string): string {
  return isRecord(row) && Object.hasOwn(row, key) ? cellText(row[key]) : "";
}

function cellText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isRawJSON(value);
}
