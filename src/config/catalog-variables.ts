import { isBaseUrl } from "../base/field-reader.ts";
import { checked, integer, isFolder, list, listOf, size, text } from "./config-variable.ts";

/** Where the catalog of models and MCP servers comes from. */
export const catalogVariables = {
  catalogSources: list("CATALOG_SOURCES", "comma-separated file paths", {
    default: "",
    meaning:
      "The catalog's `sources.yaml` files; without one, the catalog is off. If several files define the same source, the last file takes precedence, field by field. The files, and the data files that they name, are reloaded within 2 seconds of a change; while one cannot be read, its last good content stays in use. See [CATALOG.md](CATALOG.md).",
  }),
  catalogDataDirs: listOf("CATALOG_DATA_DIRS", "comma-separated absolute paths of directories", isFolder, {
    default: "",
    meaning:
      "Further directories that may contain the catalog's data files, besides those of `CATALOG_SOURCES`. Files elsewhere are never opened, not even through symbolic links.",
  }),
  catalogPerformanceDirs: list("CATALOG_PERFORMANCE_DIRS", "comma-separated paths of directories", {
    default: "",
    meaning:
      "Directories with benchmarks, searched 5 levels deep: `metadata.json`, `evaluations.ndjson` and `performance.ndjson` of each model.",
  }),
  catalogMaxFileBytes: size("CATALOG_MAX_FILE_SIZE", ["1KiB", "256MiB"], {
    default: "32MiB",
    meaning: "The largest catalog file that is read.",
  }),
  catalogMaxEntries: integer("CATALOG_MAX_ENTRIES", [1, 100_000], {
    default: "20000",
    meaning: "How many models or MCP servers one catalog source may have.",
  }),
  catalogHfUrl: checked("CATALOG_HF_URL", "a base address such as https://hub.example.org", isBaseUrl, {
    meaning:
      "The model hub, with the API of the Hugging Face Hub, that sources of type `hf` and their previews are read from. Unset: each source must set its own in `properties.url`, and cannot be previewed.",
  }),
  catalogHfTokenFile: text("CATALOG_HF_TOKEN_FILE", "a path to a file", {
    meaning:
      "The file with the token (`hf_...`) for sources of type `hf`; reloaded for each request. It takes precedence over `HF_API_KEY`. A source may name its own variable, `HF_API_KEY_...`, in `properties.apiKeyEnvVar`. If none of these is set, no token is sent.",
  }),
} as const;
