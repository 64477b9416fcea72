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
    means: "there is no record with that id, name or external id",
    more: "Also of the record that is to be its parent.",
  },
  VERSION_NOT_FOUND: { means: "the model has no such version" },
  ALIAS_NOT_FOUND: { means: "the model has no such alias" },
  ALREADY_REGISTERED: {
    means: "a record with that name or external id is there already",
    more: "From RegisterVersion: it differs in the fields of the metadata `fields`.",
  },
  ALIAS_MOVED: { means: "the alias no longer stands for the version that the call expects" },
  RECORD_CHANGED: { means: "somebody has changed the record since its `etag` was read" },
  STILL_REFERENCED: { means: "something refers to the record", more: "The metadata `referrer` says what." },
  INVALID_FILTER: { means: "the filter cannot be read, or does not fit what it looks at" },
  NO_MODEL_ARTIFACT: {
    means: "the version, or every live version of the model, has no model artifact with a `uri`",
    more: "Where its files are is not known.",
  },
  DATABASE_UNAVAILABLE: {
    means: "the database cannot be used now",
    more: "It cannot be reached, is starting, has no connection left, or has a schema that this server cannot use. What the call was to write may or may not have been written.",
    retry: true,
  },
  DATABASE_TIMEOUT: {
    means: "the database did not answer within the time that a statement may take (`DATABASE_STATEMENT_TIMEOUT`)",
  },
  DATABASE_FULL: { means: "the database has no room left" },
  APPLY_DISABLED: {
    means: "this server applies nothing to a cluster",
    more: "It does so only with `AUTH_MODE=kubernetes`. Write the manifest with PlanDeployment, and apply that.",
  },
  DEPLOYMENT_REFUSED: {
    means: "the cluster refuses the InferenceService",
    more: "Its words are in the message, its HTTP status in the metadata `status`.",
  },
  DEPLOYMENT_CONFLICT: {
    means: "somebody else has set a field of the InferenceService to another value",
    more: "Set `force` to take it over.",
  },
  CLUSTER_UNAVAILABLE: {
    means: "the API server of the cluster cannot be reached, or fails",
    more: "The InferenceService may or may not have been applied.",
    retry: true,
  },
};

/** What the reasons of the catalog mean. */
export const catalogReasonWords: Readonly<Record<CatalogFailureReason, ReasonWords>> = {
  SOURCE_NOT_FOUND: {
    means: "there is no source with that id, or it is disabled",
    more: "The metadata `source` has the id.",
  },
  CATALOG_MODEL_NOT_FOUND: {
    means: "the source has no model of that name",
    more: "The metadata `source` and `model` have both.",
  },
  MCP_SERVER_NOT_FOUND: { means: "there is no MCP server with that id", more: "The metadata `id` has it." },
  MCP_TOOL_NOT_FOUND: {
    means: "the MCP server has no tool of that name",
    more: "The metadata `id` and `tool` have both.",
  },
  INVALID_FILTER: { means: "the filter cannot be read" },
  INVALID_SOURCE: { means: "the source that is to be previewed cannot be used" },
  CATALOG_NOT_LOADED: { means: "the sources have not been read yet", retry: true },
  NO_MODEL_ARTIFACT: { means: "the model has no artifact with a `uri`, so there is nothing to register" },
  NO_VERSION_REGISTRY: {
    means: "the server has no registry of versions (`DATABASE_URL`), so nothing can be registered",
  },
};
