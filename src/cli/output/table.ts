import { printable } from "./printable.ts";

const gap = "   ";

/** Rows of text in aligned columns, one line each. An empty cell is shown as `-`, so that columns can be cut by `awk`. */
export function formatTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [header, ...rows.map((row) => row.map((cell) => (cell === "" ? "-" : printable(cell))))];
  const widths = header.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) => formatRow(row, widths)).join("");
}

/** One line of cells, padded to widths in characters; a cell that is wider pushes the others along. */
export function formatRow(cells: readonly string[], widths: readonly number[]): string {
  return `${cells
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join(gap)
    .trimEnd()}\n`;
}
