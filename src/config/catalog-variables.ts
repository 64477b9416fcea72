import { integer, list, size } from "./config-variable.ts";

/** Where the catalog of models and MCP servers comes from. */
export const catalogVariables = {
  catalogSources: list("CATALOG_SOURCES", "paths of files with commas between them", {
    default: "",
    meaning:
      "The `sources.yaml` files of the catalog, which is off without one. Of a source that stands in several, each field is that of the last. They and the data files that they name are read again within 2 seconds of a change; what cannot be read any more stays as it was. See [CATALOG.md](CATALOG.md).",
  }),
  catalogDataDirs: list(
    "CATALOG_DATA_DIRS",
    "absolute paths of folders with commas between them",
    {
      default: "",
      meaning:
        "Folders that data files of the catalog may lie in, besides those of `CATALOG_SOURCES`. No other file is ever opened for it, whatever links there are.",
    },
    (item): item is string => item.startsWith("/") && item !== "/",
  ),
  catalogPerformanceDirs: list("CATALOG_PERFORMANCE_DIRS", "paths of folders with commas between them", {
    default: "",
    meaning:
      "Folders with benchmarks, looked into 5 levels deep: `metadata.json`, `evaluations.ndjson` and `performance.ndjson` of each model.",
  }),
  catalogMaxFileBytes: size(
    "CATALOG_MAX_FILE_SIZE",
    { min: "1KiB", max: "256MiB" },
    { default: "32MiB", meaning: "The largest file of the catalog that is read." },
  ),
  catalogMaxEntries: integer(
    "CATALOG_MAX_ENTRIES",
    { min: 1, max: 100_000 },
    { default: "20000", meaning: "How many models or MCP servers one source of the catalog may have." },
  ),
} as const;
