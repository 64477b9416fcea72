import { isBaseUrl } from "../base/field-reader.ts";
import { checked, integer, isFolder, list, listOf, size, text } from "./config-variable.ts";

/** Where the catalog of models and MCP servers comes from. */
export const catalogVariables = {
  catalogSources: list("CATALOG_SOURCES", "paths of files with commas between them", {
    default: "",
    meaning:
      "The `sources.yaml` files of the catalog, which is off without one. Where several files have the same source, each field of the last file wins. The files, and the data files that they name, are read again within 2 seconds of a change; while one cannot be read, its last good content stays in use. See [CATALOG.md](CATALOG.md).",
  }),
  catalogDataDirs: listOf("CATALOG_DATA_DIRS", "absolute paths of folders with commas between them", isFolder, {
    default: "",
    meaning:
      "Folders that may hold data files of the catalog, besides those of `CATALOG_SOURCES`. Files elsewhere are never opened, not even through links.",
  }),
  catalogPerformanceDirs: list("CATALOG_PERFORMANCE_DIRS", "paths of folders with commas between them", {
    default: "",
    meaning:
      "Folders with benchmarks, looked into 5 levels deep: `metadata.json`, `evaluations.ndjson` and `performance.ndjson` of each model.",
  }),
  catalogMaxFileBytes: size("CATALOG_MAX_FILE_SIZE", ["1KiB", "256MiB"], {
    default: "32MiB",
    meaning: "The largest file of the catalog that is read.",
  }),
  catalogMaxEntries: integer("CATALOG_MAX_ENTRIES", [1, 100_000], {
    default: "20000",
    meaning: "How many models or MCP servers one source of the catalog may have.",
  }),
  catalogHfUrl: checked("CATALOG_HF_URL", "a base address such as https://hub.example.org", isBaseUrl, {
    meaning:
      "The model hub, with the API of the Hugging Face Hub, that sources of type `hf` and their previews are read from. Unset: each source has to name its own in `properties.url`, and there are no previews of them.",
  }),
  catalogHfTokenFile: text("CATALOG_HF_TOKEN_FILE", "a path to a file", {
    meaning:
      "The file with the token (`hf_...`) for sources of type `hf`; read again for each answer. It takes precedence over `HF_API_KEY`. A source may name a variable of its own, `HF_API_KEY_...`, in `properties.apiKeyEnvVar`. Unset, without any of them: none is sent.",
  }),
} as const;
