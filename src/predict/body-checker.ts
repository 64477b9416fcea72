import type { NumberRows } from "../registry/ports.ts";
import { invalidField, RegistryError } from "../registry/registry-error.ts";
import type { CheckedRequest, RequestCheck } from "./checked-request.ts";
import { JsonScanner, JsonSyntaxError, TooManyValues } from "./json/json-scanner.ts";
import { requestOfTooManyValues } from "./json/too-many-values.ts";
import type { FeatureSet } from "./rows/feature-set.ts";
import { firstRowWidth } from "./rows/first-row-width.ts";
import { InstanceChecker } from "./rows/instance-checker.ts";
import type { NumberRanges } from "./rows/number-ranges.ts";
import { rowRanges } from "./rows/row-ranges.ts";

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** Checking rows one by one takes this many times as long as skipping them. */
const checkingTakes = 2;

/** The member `instances` of a body. */
interface InstancesMember {
  /** From its name to the end of its value. */
  readonly start: number;
  readonly end: number;
  readonly valueStart: number;
  /** How many rows it has. */
  readonly count: number;
  /** Facts about its rows where they lie within the expected ranges. */
  readonly numbers: NumberRows | undefined;
}

/** Checks the bytes of one request, in slices. */
export class BodyChecker {
  readonly #bytes: Uint8Array;
  readonly #features: FeatureSet | undefined;
  readonly #check: RequestCheck;
  readonly #sliceBytes: number;
  #scanner: JsonScanner | undefined;
  /** That rows are expected to lie within; undefined where rows of any kind are passed over. */
  #ranges: NumberRanges | undefined;
  #instances: InstancesMember | undefined;
  /** Of rows that do not lie within the expected ranges. */
  #rowChecker: InstanceChecker | undefined;
  readonly #names = new Set<string>();
  /** The position of the name of the member that is being read: after a slice the scanner passes it again. */
  #memberStart = -1;

  constructor(bytes: Uint8Array, features: FeatureSet | undefined, check: RequestCheck, sliceBytes: number) {
    this.#bytes = bytes;
    this.#features = features;
    this.#ranges = features?.ranges;
    this.#check = check;
    this.#sliceBytes = sliceBytes;
  }

  /** To be called until it does not throw `outOfTurn`. @throws RegistryError */
  check(): CheckedRequest {
    try {
      this.#read();
    } catch (error) {
      if (error instanceof TooManyValues) throw requestOfTooManyValues(error);
      if (!(error instanceof JsonSyntaxError)) throw error;
      const description = `not JSON: ${error.message}`;
      throw new RegistryError("INVALID_REQUEST", `The request body is ${description}`, {
        violations: [{ field: "body", description }],
      });
    }
    const instances = this.#instances;
    if (instances === undefined) {
      throw invalidField(
        "instances",
        'missing; expected a list with one item per row, {"instances": [[0.5, 1.2, 0.8]]}',
      );
    }
    const { count, valueStart, end, numbers } = instances;
    if (count === 0) throw invalidField("instances", "is empty; expected at least one row");
    const body = this.#bodyInOrder(instances);
    const rowsInBody =
      body === this.#bytes ? { start: valueStart, end, count, numbers, areAlone: this.#names.size === 1 } : undefined;
    return { body, instanceCount: count, rowsInBody };
  }

  #read(): void {
    const { maxJsonDepth, maxTextValues: maxValues } = this.#check;
    this.#scanner ??= new JsonScanner(this.#bytes, maxJsonDepth, { maxValues, sliceBytes: this.#sliceBytes });
    const scanner = this.#scanner;
    const start = scanner.space(0);
    if (this.#bytes[start] !== OPEN_BRACE) {
      // Malformed JSON gets another message than JSON that is not an object.
      scanner.end(scanner.value(start, 0));
      throw invalidField("body", 'expected a JSON object {"instances": [...]}');
    }
    scanner.end(
      scanner.object(start, 0, (name, valueStart, nameStart) => this.#readMember(scanner, name, valueStart, nameStart)),
    );
  }

  /** Returns the end of its value. */
  #readMember(scanner: JsonScanner, name: string, valueStart: number, nameStart: number): number {
    if (nameStart !== this.#memberStart && this.#names.has(name)) {
      throw invalidField(name.slice(0, 80), "is repeated");
    }
    this.#memberStart = nameStart;
    this.#names.add(name);
    if (name !== "instances") return scanner.value(valueStart, 1);
    if (this.#bytes[valueStart] !== OPEN_BRACKET) {
      throw invalidField("instances", "expected a list with one item per row");
    }
    this.#instances ??= this.#passRows(scanner, valueStart, nameStart);
    const checker = this.#rowChecker;
    if (checker !== undefined) {
      scanner.again(() => scanner.array(valueStart, 1, (index, itemStart) => checker.row(index, itemStart)));
    }
    return this.#instances.end;
  }

  /** Passes rows over that lie within the expected ranges; others are left to a checker. */
  #passRows(scanner: JsonScanner, valueStart: number, nameStart: number): InstancesMember {
    const features = this.#features;
    if (features === undefined && this.#check.notesNumbers === true) {
      this.#ranges ??= rowRanges(firstRowWidth(this.#bytes, scanner.space(valueStart + 1)), Number.MAX_SAFE_INTEGER);
    }
    const end = scanner.list(valueStart, 1, this.#ranges);
    const { itemCount: count, rowsFit } = scanner;
    if (features !== undefined && count > 0 && !rowsFit) {
      this.#rowChecker = new InstanceChecker(scanner, features, valueStart);
      scanner.beginSlice(valueStart, checkingTakes);
    }
    const numbers = this.#ranges === undefined || !rowsFit ? undefined : numbersWithin(this.#ranges);
    return { start: nameStart, end, valueStart, count, numbers };
  }

  /** The body with its rows in the form that the model expects. @throws RegistryError INVALID_INSTANCE, INVALID_REQUEST */
  #bodyInOrder({ start, end }: InstancesMember): Uint8Array {
    const checker = this.#rowChecker;
    if (checker === undefined) return this.#bytes;
    assertNoViolations(checker);
    const rewritten = checker.rewritten();
    if (rewritten === undefined) return this.#bytes;
    if (rewritten.name !== "instances" && this.#names.has(rewritten.name)) {
      throw invalidField(rewritten.name, "not here: the instances are sent under this name, as the model wants them");
    }
    return Buffer.concat([
      this.#bytes.subarray(0, start),
      Buffer.from(`"${rewritten.name}":`),
      rewritten.value,
      this.#bytes.subarray(end),
    ]);
  }
}

/** The facts about rows that lie within ranges. */
function numbersWithin({ whole, largest }: NumberRanges): NumberRows {
  return { width: whole.length, largest };
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
