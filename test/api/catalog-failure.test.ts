import { Code } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { ErrorReason } from "../../gen/kserve/catalog/v1/error_reason_pb.ts";
import { type CatalogFailureReason, catalogFailureReasons } from "../../src/api/catalog/catalog-failure.ts";
import { codeOf, httpStatusOf, toCallError } from "../../src/api/error.ts";
import { CatalogError } from "../../src/catalog/catalog-error.ts";

describe("failures of the catalog", () => {
  it("have the reasons that the contract lists, and no others", () => {
    expect(Object.keys(ErrorReason).filter((name) => name !== "UNSPECIFIED")).toEqual([...catalogFailureReasons]);
  });

  it.each<[CatalogFailureReason, Code, number]>([
    ["SOURCE_NOT_FOUND", Code.NotFound, 404],
    ["CATALOG_MODEL_NOT_FOUND", Code.NotFound, 404],
    ["MCP_SERVER_NOT_FOUND", Code.NotFound, 404],
    ["MCP_TOOL_NOT_FOUND", Code.NotFound, 404],
    ["INVALID_FILTER", Code.InvalidArgument, 400],
    ["INVALID_SOURCE", Code.InvalidArgument, 422],
    ["CATALOG_NOT_LOADED", Code.Unavailable, 503],
    ["NO_MODEL_ARTIFACT", Code.FailedPrecondition, 409],
    ["NO_VERSION_REGISTRY", Code.FailedPrecondition, 409],
  ])("%s is code %i and HTTP %i", (reason, code, status) => {
    expect([codeOf(reason), httpStatusOf(reason)]).toEqual([code, status]);
  });

  it("say of an error what it holds", () => {
    const data = { source: "lab", model: "x" };
    expect(toCallError(new CatalogError("MODEL_NOT_FOUND", "words", data))).toMatchObject({
      reason: "CATALOG_MODEL_NOT_FOUND",
      metadata: data,
      message: "words",
    });
    expect(toCallError(new CatalogError("BUSY", "words", {}))).toMatchObject({
      reason: "SERVER_OVERLOADED",
      retryAfterMs: 1000,
    });
  });
});
