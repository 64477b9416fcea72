import { invalidField, RegistryError } from "../registry/registry-error.ts";
import { JsonScanner, JsonSyntaxError, type Span, TooManyValues } from "./json/json-scanner.ts";
import { requestOfTooManyValues } from "./json/too-many-values.ts";
import type { FeatureSet } from "./rows/feature-set.ts";
import { InstanceChecker } from "./rows/instance-checker.ts";
import type { Rows } from "./rows/rows.ts";

/** A KServe v1 request that has been checked. */
export interface CheckedRequest {
  /** The request as it goes to the model. */
  readonly body: Uint8Array;
  /** How many instances there are, at least 1. */
  readonly instanceCount: number;
  /** The rows in the form that they came in, where they can be looked at. */
  readonly rows?: Rows | undefined;
}

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

export interface RequestLimits {
  readonly maxJsonDepth: number;
  /** How many values its text may hold, where they are not rows of numbers. Default: no limit but the size. */
  readonly maxTextValues?: number;
}

/**
 * Checks that a request is a KServe v1 request, `{"instances": [...], ...}`, and, where a model declares its features,
 * that each row fits them. Rows that are objects by feature name are put in the declared order; everything else goes
 * on byte for byte, so that every digit stays as it was written.
 *
 * @param request bytes, or a request whose syntax is known to be right
 * @throws RegistryError INVALID_REQUEST, INVALID_INSTANCE, REQUEST_TOO_LARGE
 */
export function checkRequest(
  request: Uint8Array | CheckedRequest,
  features: FeatureSet | undefined,
  limits: RequestLimits,
): CheckedRequest {
  if (request instanceof Uint8Array) return checkBytes(request, features, limits);
  if (features === undefined) return request;
  const fits = features.ranges !== undefined && request.rows?.fit(features.ranges) === true;
  return fits ? request : checkBytes(request.body, features, limits);
}

function checkBytes(bytes: Uint8Array, features: FeatureSet | undefined, limits: RequestLimits): CheckedRequest {
  let instanceCount: number | undefined;
  let checker: InstanceChecker | undefined;
  /** Where the member `instances` lies, from its name to the end of its value. */
  let member: Span | undefined;
  const names = new Set<string>();
  try {
    const scanner = new JsonScanner(bytes, limits.maxJsonDepth, { maxValues: limits.maxTextValues });
    const start = scanner.space(0);
    if (bytes[start] !== OPEN_BRACE) {
      // Broken JSON has another message than JSON that is not an object.
      scanner.end(scanner.value(start, 0));
      throw invalidField("body", 'expected a JSON object {"instances": [...]}');
    }
    scanner.end(
      scanner.object(start, 0, (name, valueStart, nameStart) => {
        if (names.has(name)) throw invalidField(name.slice(0, 80), "is given twice");
        names.add(name);
        if (name !== "instances") return scanner.value(valueStart, 1);
        if (bytes[valueStart] !== OPEN_BRACKET) {
          throw invalidField("instances", "expected a list with one item per row");
        }
        const end = scanner.list(valueStart, 1, features?.ranges);
        instanceCount = scanner.itemCount;
        if (features === undefined || instanceCount === 0 || scanner.rowsFit) return end;
        const rows = new InstanceChecker(scanner, features, valueStart);
        scanner.again(() => scanner.array(valueStart, 1, (index, itemStart) => rows.row(index, itemStart)));
        checker = rows;
        member = { start: nameStart, end };
        return end;
      }),
    );
  } catch (error) {
    if (error instanceof TooManyValues) throw requestOfTooManyValues(error);
    if (!(error instanceof JsonSyntaxError)) throw error;
    const description = `not JSON: ${error.message}`;
    throw new RegistryError("INVALID_REQUEST", `The request body is ${description}`, {
      violations: [{ field: "body", description }],
    });
  }
  if (instanceCount === undefined) {
    throw invalidField("instances", 'missing; expected a list with one item per row, {"instances": [[0.5, 1.2, 0.8]]}');
  }
  if (instanceCount === 0) throw invalidField("instances", "is empty; expected at least one row");
  if (checker === undefined || member === undefined) return { body: bytes, instanceCount };
  assertNoViolations(checker);
  const rewritten = checker.rewritten();
  if (rewritten === undefined) return { body: bytes, instanceCount };
  if (rewritten.name !== "instances" && names.has(rewritten.name)) {
    throw invalidField(rewritten.name, "not here: the instances are sent under this name, as the model wants them");
  }
  const body = Buffer.concat([
    bytes.subarray(0, member.start),
    Buffer.from(`"${rewritten.name}":`),
    rewritten.value,
    bytes.subarray(member.end),
  ]);
  return { body, instanceCount };
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
