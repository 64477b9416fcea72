import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../../gen/kserve/versions/v1/error_reason_pb.ts";
import { codeOf, httpStatusOf, toCallError } from "../../../src/api/error.ts";
import { type VersionsFailureReason, versionsFailureReasons } from "../../../src/api/versions/versions-failure.ts";
import { type ErrorData, VersionsError, type VersionsReason } from "../../../src/versions/versions-error.ts";

describe("failures of the registry of versions", () => {
  it("have the reasons that the contract lists, and no others", () => {
    expect(Object.keys(ErrorReason).filter((name) => name !== "UNSPECIFIED")).toEqual([...versionsFailureReasons]);
  });

  it.each<[VersionsFailureReason, Code, number]>([
    ["RECORD_NOT_FOUND", Code.NotFound, 404],
    ["VERSION_NOT_FOUND", Code.NotFound, 404],
    ["ALIAS_NOT_FOUND", Code.NotFound, 404],
    ["ALREADY_REGISTERED", Code.AlreadyExists, 409],
    ["ALIAS_MOVED", Code.Aborted, 409],
    ["RECORD_CHANGED", Code.Aborted, 412],
    ["STILL_REFERENCED", Code.FailedPrecondition, 409],
    ["INVALID_FILTER", Code.InvalidArgument, 400],
    ["NO_MODEL_ARTIFACT", Code.FailedPrecondition, 409],
    ["DATABASE_UNAVAILABLE", Code.Unavailable, 503],
    ["DATABASE_TIMEOUT", Code.DeadlineExceeded, 504],
    ["DATABASE_FULL", Code.ResourceExhausted, 507],
    ["APPLY_DISABLED", Code.FailedPrecondition, 409],
    ["DEPLOYMENT_REFUSED", Code.FailedPrecondition, 409],
    ["DEPLOYMENT_CONFLICT", Code.Aborted, 409],
    ["CLUSTER_UNAVAILABLE", Code.Unavailable, 503],
  ])("%s is code %i and HTTP %i", (reason, code, status) => {
    expect([codeOf(reason), httpStatusOf(reason)]).toEqual([code, status]);
  });

  const failureOf = <R extends VersionsReason>(reason: R, data: ErrorData[R]) => {
    const failure = toCallError(new VersionsError(reason, "words", data));
    return { ...failure, message: failure.message };
  };

  it.each([
    [
      failureOf("NOT_FOUND", { kind: "modelVersion", key: { id: "7" } }),
      { reason: "VERSION_NOT_FOUND", metadata: { kind: "ModelVersion", id: "7" } },
    ],
    [
      failureOf("NOT_FOUND", { kind: "registeredModel", key: { name: "fraud" } }),
      { reason: "RECORD_NOT_FOUND", metadata: { kind: "RegisteredModel", name: "fraud" } },
    ],
    [failureOf("NOT_FOUND", { kind: "alias", key: { name: "champion" } }), { reason: "ALIAS_NOT_FOUND" }],
    [
      failureOf("ALREADY_EXISTS", { kind: "modelVersion", field: "name", value: "1" }),
      { reason: "ALREADY_REGISTERED", metadata: { kind: "ModelVersion", name: "1" } },
    ],
    [
      failureOf("ALREADY_REGISTERED", {
        model: "fraud",
        version: "1",
        differences: [{ field: "version.author", stored: '"a"', given: '"b"' }],
      }),
      { reason: "ALREADY_REGISTERED", metadata: { model: "fraud", version: "1", fields: "version.author" } },
    ],
    [
      failureOf("STILL_REFERENCED", { kind: "registeredModel", id: "1", by: [{ kind: "modelVersion", count: 2 }] }),
      { reason: "STILL_REFERENCED", metadata: { kind: "RegisteredModel", id: "1", referrer: "ModelVersion" } },
    ],
    [failureOf("REVISION_MOVED", { kind: "artifact", id: "1", revision: 4 }), { metadata: { etag: "4", id: "1" } }],
    [failureOf("TOO_MANY_CALLS", { retryAfterMs: 500 }), { reason: "SERVER_OVERLOADED", retryAfterMs: 500 }],
    [
      failureOf("DATABASE_UNAVAILABLE", { why: "away", retryAfterMs: 500 }),
      { reason: "DATABASE_UNAVAILABLE", retryAfterMs: 500 },
    ],
    [
      failureOf("INVALID", {
        kind: "metric",
        violations: [{ field: "value", problem: "required", description: "missing" }],
      }),
      { reason: "INVALID_REQUEST", violations: [{ field: "value", description: "missing" }] },
    ],
  ])("say of an error of the store what it holds: %#", (failure, expected) => {
    expect(failure).toMatchObject({ ...expected, message: "words" });
  });
});
