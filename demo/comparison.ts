import { isDeepStrictEqual, stripVTControlCharacters, styleText } from "node:util";
import type { JsonValue } from "@bufbuild/protobuf";
import type { Protocol } from "./protocols.ts";

/** A model to ask, and what it must answer. */
export interface Question {
  readonly model: string;
  readonly instances: JsonValue[];
  /** What the model itself predicts when it is called directly, without a network. */
  readonly expected: JsonValue;
}

/** How one protocol did with one question. */
export interface Outcome {
  /** The median time of a call, in milliseconds: of the caller, the registry and the model together. */
  readonly medianMs: number;
  /** What went wrong, in words. Undefined when every answer was the expected one. */
  readonly problem: string | undefined;
}

const WARM_UP_ROUNDS = 5;
/** How many calls a median is taken of. */
export const TIMED_ROUNDS = 15;

/**
 * Asks every question in every protocol, one call at a time, in rounds, so that no protocol has the disadvantage of
 * coming first. The first rounds open connections and warm the process up, and are not timed.
 *
 * @returns a row of outcomes per protocol, in which each question has its column
 */
export async function compare(protocols: readonly Protocol[], questions: readonly Question[]): Promise<Outcome[][]> {
  const rows = protocols.map((protocol) =>
    questions.map((question) => ({
      protocol,
      question,
      timesMs: [] as number[],
      problem: undefined as string | undefined,
    })),
  );
  for (let round = 0; round < WARM_UP_ROUNDS + TIMED_ROUNDS; round++) {
    for (const cell of rows.flat()) {
      if (cell.problem !== undefined) continue;
      const start = performance.now();
      cell.problem = await problemOf(cell.protocol, cell.question);
      if (round >= WARM_UP_ROUNDS) cell.timesMs.push(performance.now() - start);
    }
  }
  return rows.map((row) => row.map(({ timesMs, problem }) => ({ medianMs: median(timesMs), problem })));
}

async function problemOf(protocol: Protocol, { model, instances, expected }: Question): Promise<string | undefined> {
  try {
    const answer = await protocol.predict(model, instances);
    if (isDeepStrictEqual(answer, expected)) return undefined;
    return `answered ${JSON.stringify(answer)}, not ${JSON.stringify(expected)}`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/**
 * Writes the outcomes as a table with a column per model and a row per protocol, and below it what went wrong.
 *
 * @param colour whether to colour the marks
 * @returns lines, without the line feed of the last one
 */
export function comparisonTable(
  protocols: readonly Protocol[],
  questions: readonly Question[],
  outcomes: readonly Outcome[][],
  colour: boolean,
): string {
  const mark = ({ medianMs, problem }: Outcome): string => {
    const paint = (style: "green" | "red", text: string) =>
      colour ? styleText(style, text, { validateStream: false }) : text;
    return problem === undefined ? `${paint("green", "ok")} ${medianMs.toFixed(1)} ms` : paint("red", "FAILED");
  };
  const table = [
    ["", ...questions.map(({ model }) => model)],
    ["instances", ...questions.map(({ instances }) => JSON.stringify(instances))],
    ["predictions", ...questions.map(({ expected }) => JSON.stringify(expected))],
    ...protocols.map(({ name }, row) => [name, ...outcomes[row]!.map(mark)]),
  ];
  const problems = protocols.flatMap(({ name }, row) =>
    outcomes[row]!.flatMap(({ problem }, column) =>
      problem === undefined ? [] : [`${questions[column]!.model} by ${name}: ${problem}`],
    ),
  );
  return [...alignColumns(table), ...(problems.length > 0 ? ["", ...problems] : [])].join("\n");
}

function alignColumns(table: readonly string[][]): string[] {
  const width = (cell: string) => stripVTControlCharacters(cell).length;
  const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => width(row[column]!))));
  return table.map((row) =>
    row
      .map((cell, column) => cell + " ".repeat(widths[column]! - width(cell)))
      .join("  ")
      .trimEnd(),
  );
}
