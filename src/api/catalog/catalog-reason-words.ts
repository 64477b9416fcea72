import type { ReasonWords } from "../reason-words.ts";
import type { CatalogFailureReason } from "./catalog-failure.ts";

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
