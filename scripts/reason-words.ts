import type { CatalogFailureReason } from "../src/api/catalog/catalog-failure.ts";
import type { ReasonWords } from "../src/api/reason-words.ts";
import type { VersionsFailureReason } from "../src/api/versions/versions-failure.ts";

/*
 * Words for the contracts and the documentation alone. Those of the front door are in src/, for its OpenAPI document has
 * them as well.
 */

/** What the reasons of the registry of versions mean, those that belong together side by side. */
export const versionsReasonWords: Readonly<Record<VersionsFailureReason, ReasonWords>> = {
  RECORD_NOT_FOUND: {
    means: "no record has that ID, name or external ID",
    more: "Also if its intended parent does not exist.",
  },
  VERSION_NOT_FOUND: { means: "the model has no such version" },
  ALIAS_NOT_FOUND: { means: "the model has no such alias" },
  ALREADY_REGISTERED: {
    means: "a record with that name or external ID already exists",
    more: "From RegisterVersion: it differs in the fields of the metadata `fields`.",
  },
  ALIAS_MOVED: { means: "the alias no longer points to the version that the call expects" },
  RECORD_CHANGED: { means: "the record has changed since its `etag` was read" },
  STILL_REFERENCED: { means: "the record is still referenced", more: "The metadata `referrer` says by what." },
  INVALID_FILTER: { means: "the filter is malformed, or does not match the fields it refers to" },
  NO_MODEL_ARTIFACT: {
    means: "the version, or every live version of the model, has no model artifact with a `uri`",
    more: "The location of its files is unknown.",
  },
  DATABASE_UNAVAILABLE: {
    means: "the database is currently unavailable",
    more: "It cannot be reached, is starting, has no free connection, or has a schema that this server cannot use. The call's writes may or may not have been made.",
    retry: true,
  },
  DATABASE_TIMEOUT: {
    means: "a database statement exceeded its time limit (`DATABASE_STATEMENT_TIMEOUT`)",
  },
  DATABASE_FULL: { means: "the database is full" },
  APPLY_DISABLED: {
    means: "this server does not apply manifests to a cluster",
    more: "It does so only with `AUTH_MODE=kubernetes`. Otherwise, get the manifest from PlanDeployment and apply it yourself.",
  },
  DEPLOYMENT_REFUSED: {
    means: "the cluster rejected the InferenceService",
    more: "The message quotes the cluster's; the metadata `status` has the HTTP status.",
  },
  DEPLOYMENT_CONFLICT: {
    means: "a field of the InferenceService has been set to another value by another field manager",
    more: "Set `force` to take ownership of it.",
  },
  CLUSTER_UNAVAILABLE: {
    means: "the cluster's API server is unreachable or failing",
    more: "The InferenceService may or may not have been applied.",
    retry: true,
  },
};

/** What the reasons of the catalog mean. */
export const catalogReasonWords: Readonly<Record<CatalogFailureReason, ReasonWords>> = {
  SOURCE_NOT_FOUND: {
    means: "no source has that ID, or it is disabled",
    more: "The metadata `source` has the id.",
  },
  CATALOG_MODEL_NOT_FOUND: {
    means: "the source has no model of that name",
    more: "The metadata `source` and `model` have both.",
  },
  MCP_SERVER_NOT_FOUND: { means: "no MCP server has that ID", more: "The metadata `id` has it." },
  MCP_TOOL_NOT_FOUND: {
    means: "the MCP server has no tool of that name",
    more: "The metadata `id` and `tool` have both.",
  },
  INVALID_FILTER: { means: "the filter is malformed" },
  INVALID_SOURCE: { means: "the source to preview is invalid" },
  CATALOG_NOT_LOADED: { means: "the sources have not been loaded yet", retry: true },
  NO_MODEL_ARTIFACT: { means: "the model has no artifact with a `uri`, so there is nothing to register" },
  NO_VERSION_REGISTRY: {
    means: "the server has no registry of versions (`DATABASE_URL`), so nothing can be registered",
  },
};
