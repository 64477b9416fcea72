import { finishInSlices, inSlices, type Slices, sliceBytes, slicesOf } from "../base/in-slices.ts";
import { BodyChecker } from "./body-checker.ts";
import type { CheckedRequest, RequestCheck } from "./checked-request.ts";
import type { FeatureSet } from "./rows/feature-set.ts";

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
  if (request instanceof Uint8Array) {
    const checker = new BodyChecker(request, features, check, bytesAtOnce);
    return inSlices(() => checker.check(), assertWanted);
  }
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
  const checker = new BodyChecker(request.body, features, check, bytesAtOnce);
  return yield* slicesOf(() => checker.check());
}
