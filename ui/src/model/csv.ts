import type { InputFeature } from "../../../gen/kserve/registry/v1/model_pb.ts";
import type { Row } from "./cells.ts";

/** The most rows that a table may have, below a first line with names. */
const maxRows = 10_000;

/**
 * Reads rows with tabs, semicolons or commas between their cells, as spreadsheets write them (RFC 4180).
 *
 * @throws Error for more rows than a table may have, and for a quoted cell without an end
 */
export function parseCsv(text: string): string[][] {
  const separator = separatorOf(text);
  const rows: string[][] = [];
  let row: string[] = [];
  let cell = "";
  let quoted = false;
  const endCell = (): void => {
    row.push(cell.trim());
    cell = "";
  };
  const endRow = (): void => {
    endCell();
    if (row.some((one) => one !== "")) rows.push(row);
    if (rows.length > maxRows + 1) throw new Error(`The table has more than ${maxRows.toLocaleString("en")} rows.`);
    row = [];
  };
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!;
    if (quoted) {
      if (character !== '"') cell += character;
      else if (text[i + 1] === '"') cell += text[++i]!;
      else quoted = false;
    } else if (character === '"' && cell.trim() === "") {
      quoted = true;
      cell = "";
    } else if (character === separator) endCell();
    else if (character === "\n") endRow();
    else if (character !== "\r") cell += character;
  }
  if (quoted) throw new Error("A quoted cell has no closing quote.");
  if (cell !== "" || row.length > 0) endRow();
  return rows;
}

/** The separator is what the first line has most of. */
function separatorOf(text: string): string {
  const line = text.slice(0, 100_000).split("\n", 1)[0]!;
  const counts = ["\t", ";", ","].map((one) => [one, line.split(one).length] as const);
  return counts.reduce((best, next) => (next[1] > best[1] ? next : best))[0];
}

/**
 * The rows of a table in the order of the features. A first line with the names of features says which column is which;
 * without one the columns have the order of the features.
 *
 * @throws Error if the columns do not match the features, or a row has more cells than the first one
 */
export function rowsOfCsv(features: readonly InputFeature[], text: string): Row[] {
  const [first, ...rest] = parseCsv(text);
  if (first === undefined) throw new Error("The file contains no rows.");
  const long = rest.findIndex((row) => row.slice(first.length).some((cell) => cell !== ""));
  if (long >= 0)
    throw new Error(`Row ${long + 2} has more cells than the first row; a cell with a separator needs quotes.`);
  const names = features.map(({ name }) => name);
  const isHead = first.some((cell) => names.includes(cell));
  if (!isHead) {
    if (first.length > names.length) {
      throw new Error(
        `The rows have ${first.length} columns, and the model takes ${names.length}: ${names.join(", ")}. Add a first line with these names to label the columns.`,
      );
    }
    return [first, ...rest].map((row) => names.map((_, i) => row[i] ?? ""));
  }
  const missing = names.filter((name) => !first.includes(name));
  if (missing.length === names.length) throw new Error(`None of the columns is called ${names.join(", ")}.`);
  if (rest.length === 0) throw new Error("There are no rows below the names.");
  return rest.map((row) => names.map((name) => row[first.indexOf(name)] ?? ""));
}
