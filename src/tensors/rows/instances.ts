import { JsonScanner, type Span } from "../../predict/json/json-scanner.ts";
import type { RowsInBody } from "../../registry/ports.ts";
import { parameterAt } from "../parameters.ts";
import type { Parameter } from "../tensor.ts";
import { TensorProblem } from "../tensor-problem.ts";

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** The depth of a request has been checked by who took it. */
const anyDepth = 10_000;

/** A KServe v1 request taken apart. */
export interface Instances {
  readonly scanner: JsonScanner;
  /** The list of rows. */
  readonly rows: Span;
  /** How many there are, and what numbers they hold, where that is known. */
  readonly known?: RowsInBody | undefined;
  /** What else the request says, as parameters. */
  readonly parameters: ReadonlyMap<string, Parameter>;
}

/**
 * Takes a KServe v1 request apart, whose syntax has been checked: `{"instances": [...], ...}`. The other members become
 * parameters, and so do the members of one that is called `parameters`.
 *
 * @param known where the rows lie, where that is known
 * @throws TensorProblem for a member that is no parameter
 */
export function readInstances(body: Uint8Array, known?: RowsInBody): Instances {
  const scanner = new JsonScanner(body, anyDepth, { isUtf8: true });
  let rows: Span | undefined;
  const parameters = new Map<string, Parameter>();
  const add = (name: string, field: string, at: number): number => {
    const end = scanner.value(at, 0);
    const value = parameterAt(scanner, at, end);
    if (value === undefined) {
      throw new TensorProblem(
        field.slice(0, 80),
        "expected a text, a number, true or false; it goes to the model as a parameter",
      );
    }
    if (value !== null) parameters.set(name, value);
    return end;
  };
  scanner.object(scanner.space(0), 0, (name, at) => {
    if (name === "instances") {
      rows = { start: at, end: known === undefined ? scanner.value(at, 0) : known.end };
      return rows.end;
    }
    if (name !== "parameters" || body[at] !== OPEN_BRACE) return add(name, name, at);
    return scanner.object(at, 0, (inner, innerAt) => add(inner, `parameters.${inner}`, innerAt));
  });
  if (rows === undefined || body[rows.start] !== OPEN_BRACKET)
    throw new TensorProblem("instances", "missing; expected a list");
  return { scanner, rows, known, parameters };
}
