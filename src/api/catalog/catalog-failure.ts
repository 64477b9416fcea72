import { type CatalogError, type CatalogReason, isCatalogError } from "../../catalog/catalog-error.ts";
import type { ErrorReason } from "../../registry/registry-error.ts";
import { EdgeFailure, type FailureWords } from "../edge-failure.ts";
import type { VersionsFailureReason } from "../versions/versions-failure.ts";

/** Why a call of the catalog failed: the values of its `ErrorReason` in the contract, without their prefix. */
export const catalogFailureReasons = [
  "SOURCE_NOT_FOUND",
  "CATALOG_MODEL_NOT_FOUND",
  "MCP_SERVER_NOT_FOUND",
  "MCP_TOOL_NOT_FOUND",
  "INVALID_FILTER",
  "INVALID_SOURCE",
  "CATALOG_NOT_LOADED",
  "NO_MODEL_ARTIFACT",
  "NO_VERSION_REGISTRY",
] as const;

export type CatalogFailureReason = (typeof catalogFailureReasons)[number];

type Words = FailureWords<
  | CatalogFailureReason
  | Extract<VersionsFailureReason, "INVALID_FILTER">
  | Extract<ErrorReason, "INVALID_REQUEST" | "INVALID_PAGE_TOKEN" | "SERVER_OVERLOADED">
>;

/** An error of the catalog as callers see it. */
export class CatalogFailure extends EdgeFailure<Words["reason"]> {
  override readonly name = "CatalogFailure";

  static from(error: CatalogError): CatalogFailure {
    const { message } = error;
    const words = wordsByReason[error.reason];
    const metadata = Object.entries(error.data).filter(
      (item): item is [string, string] => metadataKeys.includes(item[0]) && typeof item[1] === "string",
    );
    const field = isCatalogError(error, "INVALID") ? error.data.field : words.field;
    const violations = field === undefined ? [] : [{ field, description: message }];
    return new CatalogFailure(isCatalogError(error, "INVALID") ? `${error.data.field}: ${message}` : message, {
      ...words,
      violations,
      metadata: Object.fromEntries(metadata),
    });
  }
}

const metadataKeys = ["source", "model", "id", "tool"];

const wordsByReason: { readonly [R in CatalogReason]: Words & { readonly field?: string } } = {
  INVALID: { reason: "INVALID_REQUEST" },
  INVALID_FILTER: { reason: "INVALID_FILTER", field: "filter" },
  INVALID_PAGE_TOKEN: { reason: "INVALID_PAGE_TOKEN", field: "page_token" },
  SOURCE_NOT_FOUND: { reason: "SOURCE_NOT_FOUND" },
  MODEL_NOT_FOUND: { reason: "CATALOG_MODEL_NOT_FOUND" },
  SERVER_NOT_FOUND: { reason: "MCP_SERVER_NOT_FOUND" },
  TOOL_NOT_FOUND: { reason: "MCP_TOOL_NOT_FOUND" },
  INVALID_SOURCE: { reason: "INVALID_SOURCE" },
  NOT_LOADED: { reason: "CATALOG_NOT_LOADED", retryAfterMs: 1000 },
  BUSY: { reason: "SERVER_OVERLOADED", retryAfterMs: 1000 },
  NO_MODEL_ARTIFACT: { reason: "NO_MODEL_ARTIFACT" },
};
