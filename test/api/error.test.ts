import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../gen/kserve/registry/v1/error_reason_pb.ts";
import { codeOf, httpStatusOf, toCallError, toConnectError } from "../../src/api/error.ts";
import { errorReasons, RegistryError } from "../../src/registry/registry-error.ts";

describe("errors", () => {
  it("have the reasons that the contract lists, and no others", () => {
    expect(Object.keys(ErrorReason).filter((name) => name !== "UNSPECIFIED" && Number.isNaN(Number(name)))).toEqual([
      ...errorReasons,
    ]);
  });

  it.each<[(typeof errorReasons)[number], Code, number]>([
    ["INVALID_REQUEST", Code.InvalidArgument, 400],
    ["INVALID_INSTANCE", Code.InvalidArgument, 400],
    ["INVALID_PAGE_TOKEN", Code.InvalidArgument, 400],
    ["MODEL_NOT_FOUND", Code.NotFound, 404],
    ["INTEGRATION_DISABLED", Code.FailedPrecondition, 400],
    ["MODEL_NOT_READY", Code.Unavailable, 503],
    ["MODEL_UNREACHABLE", Code.Unavailable, 503],
    ["MODELS_NOT_LOADED", Code.Unavailable, 503],
    ["SHUTTING_DOWN", Code.Unavailable, 503],
    ["REQUEST_TOO_LARGE", Code.ResourceExhausted, 413],
    ["TOO_MANY_IN_FLIGHT", Code.ResourceExhausted, 429],
    ["MODEL_OVERLOADED", Code.ResourceExhausted, 429],
    ["DEADLINE_EXCEEDED", Code.DeadlineExceeded, 504],
    ["MODEL_TIMEOUT", Code.DeadlineExceeded, 504],
    ["CALLER_LEFT", Code.Canceled, 499],
    ["MODEL_PATH_NOT_FOUND", Code.FailedPrecondition, 502],
    ["MODEL_REJECTED_INPUT", Code.InvalidArgument, 400],
    ["MODEL_REJECTED_CREDENTIALS", Code.Internal, 502],
    ["MODEL_FAILED", Code.Internal, 502],
    ["MODEL_BAD_ANSWER", Code.Internal, 502],
    ["PREDICTIONS_NOT_A_TENSOR", Code.FailedPrecondition, 400],
    ["INTERNAL", Code.Internal, 500],
    ["FEATURES_NOT_DECLARED", Code.FailedPrecondition, 404],
    ["UNAUTHENTICATED", Code.Unauthenticated, 401],
    ["PERMISSION_DENIED", Code.PermissionDenied, 403],
    ["REQUEST_TOO_SLOW", Code.InvalidArgument, 408],
    ["ACCESS_CHECK_FAILED", Code.Unavailable, 503],
  ])("%s is code %i and HTTP %i", (reason, code, status) => {
    expect([codeOf(reason), httpStatusOf(reason)]).toEqual([code, status]);
  });

  it("say nothing to the caller of what went wrong inside", () => {
    const error = toCallError(new Error("connect ECONNREFUSED 10.1.2.3:8080"));
    expect(error.reason).toBe("INTERNAL");
    const sent = toConnectError(error);
    expect(sent.message).not.toContain("10.1.2.3");
    expect(JSON.stringify(sent.details.map((detail) => detail.value))).not.toContain("10.1.2.3");
  });

  it("carry their details", () => {
    const sent = toConnectError(
      new RegistryError("MODEL_NOT_READY", "x", {
        metadata: { model: "a" },
        violations: [{ field: "f", description: "d" }],
        retryAfterMs: 1500,
        failure: { stage: "call", upstreamStatus: 503 },
      }),
    );
    expect(sent.details.map((detail) => ("desc" in detail ? detail.desc.typeName : detail.type))).toEqual([
      "google.rpc.ErrorInfo",
      "google.rpc.RetryInfo",
      "kserve.registry.v1.PredictFailure",
      "google.rpc.BadRequest",
    ]);
  });
});
