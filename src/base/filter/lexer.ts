import { FilterError } from "./filter-tree.ts";

/** One token, with where it starts in UTF-16 units. */
export interface Token {
  readonly type: "word" | "name" | "string" | "number" | "symbol" | "end";
  /** What it says: a string without its quotes and escapes, a back-ticked name without its back-ticks. */
  readonly text: string;
  readonly position: number;
}

const space = /(?:\s|--[^\n]*)+/y;
const forms = [
  ["word", /[A-Za-z_][A-Za-z0-9_]*/y],
  ["name", /`[^`]+`/y],
  ["string", /'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*"/sy],
  ["number", /[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![A-Za-z0-9_.])/y],
  ["symbol", /!=|<>|<=|>=|[=<>(),.]/y],
] as const;

/** Splits a filter into tokens, the last of which is `end`. Each character is looked at once. */
export function tokenize(filter: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  for (;;) {
    space.lastIndex = position;
    if (space.test(filter)) position = space.lastIndex;
    if (position === filter.length) break;
    const token = tokenAt(filter, position);
    tokens.push(token.token);
    position = token.end;
  }
  tokens.push({ type: "end", text: "", position });
  return tokens;
}

function tokenAt(filter: string, position: number): { token: Token; end: number } {
  for (const [type, form] of forms) {
    form.lastIndex = position;
    const match = form.exec(filter);
    if (match !== null) return { token: { type, text: textOf(type, match[0]), position }, end: form.lastIndex };
  }
  const found = filter[position]!;
  if (found === "'" || found === '"') throw new FilterError("syntax", `the text has no closing ${found}`, position);
  if (found === "`") throw new FilterError("syntax", "the name has no closing `, or is empty", position);
  if (/[\d+.-]/.test(found)) throw new FilterError("syntax", "not a number", position);
  throw new FilterError(
    "syntax",
    `unexpected ${JSON.stringify(String.fromCodePoint(filter.codePointAt(position)!))}`,
    position,
  );
}

function textOf(type: Token["type"], match: string): string {
  if (type === "name") return match.slice(1, -1);
  if (type === "string") return match.slice(1, -1).replace(/\\([\\'"])/g, "$1");
  return match;
}
