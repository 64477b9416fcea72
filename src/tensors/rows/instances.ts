import { sliceBytes } from "../../base/in-slices.ts";
import { JsonScanner, type Span } from "../../predict/json/json-scanner.ts";
import type { RowsInBody } from "../../registry/ports.ts";
import { parameterAt } from "../parameters.ts";
import { messageLimits } from "../rest/read-message.ts";
import type { Parameter } from "../tensor.ts";
import { TensorProblem } from "../tensor-problem.ts";

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** The depth of a request has been checked by who took it. */
const anyDepth = 10_000;

/** A KServe v1 request taken apart. */
export interface Instances {
  /** Reads the request, in slices. */
  readonly scanner: JsonScanner;
  /** The list of rows. */
  readonly rows: Span;
  /** How many there are, and what numbers they hold, where that is known. */
  readonly known?: RowsInBody | undefined;
  /** What else the request says, as parameters. */
  readonly parameters: ReadonlyMap<string, Parameter>;
}

/**
 * What takes a KServe v1 request apart, to be called until it does not throw `outOfTurn`; its syntax has been checked:
 * `{"instances": [...], ...}`. The other members become parameters, and so do the members of one that is called `parameters`.
 *
 * @param known where the rows lie, where that is known
 * @param bytesAtOnce how much a slice reads
 * @throws TensorProblem for a member that is not a parameter, and for too many of them
 */
export function readInstances(body: Uint8Array, known?: RowsInBody, bytesAtOnce = sliceBytes): () => Instances {
  const scanner = new JsonScanner(body, anyDepth, { isUtf8: true, sliceBytes: bytesAtOnce });
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
    if (parameters.size === messageLimits.parameters) {
      throw new TensorProblem("parameters", `has more than ${messageLimits.parameters} members`);
    }
    if (value !== null) parameters.set(name, value);
    return end;
  };
  const read = (name: string, at: number): number => {
    if (name === "instances") {
      rows = { start: at, end: known === undefined ? scanner.value(at, 0) : known.end };
      return rows.end;
    }
    if (name !== "parameters" || body[at] !== OPEN_BRACE) return add(name, name, at);
    return scanner.object(at, 0, (inner, innerAt) => add(inner, `parameters.${inner}`, innerAt));
  };
  return () => {
    scanner.object(scanner.space(0), 0, read);
    if (rows === undefined || body[rows.start] !== OPEN_BRACKET)
      throw new TensorProblem("instances", "missing; expected a list");
    return { scanner, rows, known, parameters };
  };
}

/**
 * What passes over the rows of a request, to be called until it does not throw `outOfTurn`.
 *
 * @param takes how many times as long it takes as to pass over them alone
 * @param pass is given the scanner and where the list of rows starts
 */
export function rowsInSlices<T>(
  { scanner, rows }: Instances,
  takes: number,
  pass: (scanner: JsonScanner, start: number) => T,
): () => T {
  let hasBegun = false;
  return () => {
    if (!hasBegun) scanner.beginSlice(rows.start, takes);
    hasBegun = true;
    return pass(scanner, rows.start);
  };
}
