import { type AssertWanted, finishInSlices, inSlices, type Slices, sliceBytes, slicesOf } from "../base/in-slices.ts";
import type { NumberRows, RowsInBody } from "../registry/ports.ts";
import { invalidField, RegistryError } from "../registry/registry-error.ts";
import { JsonScanner, JsonSyntaxError, type Span, TooManyValues } from "./json/json-scanner.ts";
import { requestOfTooManyValues } from "./json/too-many-values.ts";
import type { FeatureSet } from "./rows/feature-set.ts";
import { firstRowWidth } from "./rows/first-row-width.ts";
import { InstanceChecker } from "./rows/instance-checker.ts";
import type { NumberRanges } from "./rows/number-ranges.ts";
import { rowRanges } from "./rows/row-ranges.ts";
import type { Rows } from "./rows/rows.ts";

/** A KServe v1 request that has been checked. */
export interface CheckedRequest {
  /** The request as it goes to the model. */
  readonly body: Uint8Array;
  /** How many instances there are, at least 1. */
  readonly instanceCount: number;
  /** The rows in the form in which they were sent, where they can be read from it. */
  readonly rows?: Rows | undefined;
  /** Their position in the body, where it is known. */
  readonly rowsInBody?: RowsInBody | undefined;
}

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** Checking rows one by one takes this many times as long as skipping them. */
const checkingTakes = 2;

export interface RequestLimits {
  readonly maxJsonDepth: number;
  /** How many values its text may hold, where they are not rows of numbers. Default: no limit but the size. */
  readonly maxTextValues?: number;
}

/** How a request is checked. */
export interface RequestCheck extends RequestLimits {
  /** Whether `RowsInBody.numbers` is needed, which says that rows are lists of equally many numbers. Default: false. */
  readonly notesNumbers?: boolean;
  readonly assertWanted?: AssertWanted | undefined;
}

/**
 * Checks that a request is a KServe v1 request, `{"instances": [...], ...}`, and, where its model declares features,
 * that each row fits them. Rows that are objects by feature name are brought into the declared order; everything else
 * is passed on byte for byte, so that no digit changes. A long request is checked in slices; a short one at once.
 *
 * @param request bytes, or a request whose syntax is known to be valid
 * @throws RegistryError INVALID_REQUEST, INVALID_INSTANCE, REQUEST_TOO_LARGE
 */
export function checkRequestInSlices(
  request: Uint8Array | CheckedRequest,
  features: FeatureSet | undefined,
  check: RequestCheck,
  bytesAtOnce = sliceBytes,
): CheckedRequest | Promise<CheckedRequest> {
  const { assertWanted } = check;
  if (request instanceof Uint8Array) return inSlices(bodyCheck(request, features, check, bytesAtOnce), assertWanted);
  if (features === undefined) return request;
  return finishInSlices(knownCheck(request, features, check, bytesAtOnce), assertWanted);
}

/** Checks the rows of a request whose syntax is known to be valid: nearly always they are numbers that fit. */
function* knownCheck(
  request: CheckedRequest,
  features: FeatureSet,
  check: RequestCheck,
  bytesAtOnce: number,
): Slices<CheckedRequest> {
  const { ranges } = features;
  if (ranges !== undefined && request.rows !== undefined && (yield* request.rows.fit(ranges))) return request;
  return yield* slicesOf(bodyCheck(request.body, features, check, bytesAtOnce));
}

/** Returns work that checks the bytes of a request, to be called until it does not throw `outOfTurn`. */
function bodyCheck(
  bytes: Uint8Array,
  features: FeatureSet | undefined,
  { maxJsonDepth, maxTextValues: maxValues, notesNumbers = false }: RequestCheck,
  sliceBytes: number,
): () => CheckedRequest {
  let scanner: JsonScanner | undefined;
  let ranges = features?.ranges;
  let numbers: NumberRows | undefined;
  /** The position of the list of rows. */
  let rows: Span | undefined;
  let instanceCount: number | undefined;
  let checker: InstanceChecker | undefined;
  /** The position of the member `instances`, from its name to the end of its value. */
  let member: Span | undefined;
  const names = new Set<string>();
  /** The position of the name of the member that is being read: after a slice the scanner passes it again. */
  let memberStart = -1;
  const readMember = (reader: JsonScanner, name: string, valueStart: number, nameStart: number): number => {
    if (nameStart !== memberStart && names.has(name)) throw invalidField(name.slice(0, 80), "is given twice");
    memberStart = nameStart;
    names.add(name);
    if (name !== "instances") return reader.value(valueStart, 1);
    if (bytes[valueStart] !== OPEN_BRACKET) throw invalidField("instances", "expected a list with one item per row");
    if (member === undefined) {
      if (notesNumbers && features === undefined) {
        ranges ??= rowRanges(firstRowWidth(bytes, reader.space(valueStart + 1)), Number.MAX_SAFE_INTEGER);
      }
      member = { start: nameStart, end: reader.list(valueStart, 1, ranges) };
      instanceCount = reader.itemCount;
      numbers = ranges === undefined || !reader.rowsFit ? undefined : numbersWithin(ranges);
      rows = { start: valueStart, end: member.end };
      if (features === undefined || instanceCount === 0 || reader.rowsFit) return member.end;
      checker = new InstanceChecker(reader, features, valueStart);
      reader.beginSlice(valueStart, checkingTakes);
    }
    const checked = checker!;
    reader.again(() => reader.array(valueStart, 1, (index, itemStart) => checked.row(index, itemStart)));
    return member.end;
  };
  const read = (): void => {
    scanner ??= new JsonScanner(bytes, maxJsonDepth, { maxValues, sliceBytes });
    const reader = scanner;
    const start = reader.space(0);
    if (bytes[start] !== OPEN_BRACE) {
      // Malformed JSON gets another message than JSON that is not an object.
      reader.end(reader.value(start, 0));
      throw invalidField("body", 'expected a JSON object {"instances": [...]}');
    }
    reader.end(
      reader.object(start, 0, (name, valueStart, nameStart) => readMember(reader, name, valueStart, nameStart)),
    );
  };
  return () => {
    try {
      read();
    } catch (error) {
      if (error instanceof TooManyValues) throw requestOfTooManyValues(error);
      if (!(error instanceof JsonSyntaxError)) throw error;
      const description = `not JSON: ${error.message}`;
      throw new RegistryError("INVALID_REQUEST", `The request body is ${description}`, {
        violations: [{ field: "body", description }],
      });
    }
    if (instanceCount === undefined) {
      throw invalidField(
        "instances",
        'missing; expected a list with one item per row, {"instances": [[0.5, 1.2, 0.8]]}',
      );
    }
    if (instanceCount === 0) throw invalidField("instances", "is empty; expected at least one row");
    let body = bytes;
    if (checker !== undefined) {
      assertNoViolations(checker);
      body = rewrittenBody(bytes, checker, member!, names);
    }
    const rowsInBody =
      body === bytes ? { ...rows!, count: instanceCount, numbers, areAlone: names.size === 1 } : undefined;
    return { body, instanceCount, rowsInBody };
  };
}

/** The facts about rows that lie within ranges. */
function numbersWithin({ whole, largest }: NumberRanges): NumberRows {
  return { width: whole.length, largest };
}

/** The body with its rows in the form that the model expects. */
function rewrittenBody(
  bytes: Uint8Array,
  checker: InstanceChecker,
  member: Span,
  names: ReadonlySet<string>,
): Uint8Array {
  const rewritten = checker.rewritten();
  if (rewritten === undefined) return bytes;
  if (rewritten.name !== "instances" && names.has(rewritten.name)) {
    throw invalidField(rewritten.name, "not here: the instances are sent under this name, as the model wants them");
  }
  return Buffer.concat([
    bytes.subarray(0, member.start),
    Buffer.from(`"${rewritten.name}":`),
    rewritten.value,
    bytes.subarray(member.end),
  ]);
}

function assertNoViolations({ violations, violationCount }: InstanceChecker): void {
  const [first] = violations;
  if (first === undefined) return;
  const more = violationCount > 1 ? ` (and ${violationCount - 1} more)` : "";
  throw new RegistryError("INVALID_INSTANCE", `${first.field}: ${first.description}${more}`, {
    violations,
    violationCount,
  });
}
