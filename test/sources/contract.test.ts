import { writeFile } from "node:fs/promises";
import { readEnvironmentRegistry } from "../../src/sources/env.ts";
import { readLegacyEnvironment } from "../../src/sources/legacy-env.ts";
import { createStaticSource } from "../../src/sources/static-source.ts";
import { sourceContract } from "../support/source-contract.ts";
import { openFile } from "./support/models-file.ts";

sourceContract(
  "environment",
  (entries) => ({
    source: createStaticSource("environment", readEnvironmentRegistry(JSON.stringify(entries), "ns").entries),
  }),
  { live: false, namesakes: true },
);

sourceContract(
  "legacy environment",
  (entries) => {
    const env = Object.fromEntries(entries.map(({ name }) => [`KSERVE_${name.toUpperCase()}_SERVICE`, name]));
    return { source: createStaticSource("legacy-environment", readLegacyEnvironment(env, "ns").entries) };
  },
  { live: false },
);

sourceContract(
  "file",
  async (models) => {
    const { path, source } = await openFile(JSON.stringify({ models }));
    return {
      source,
      write: (entries) => writeFile(path, JSON.stringify({ models: entries })),
      spoil: () => writeFile(path, "models: [\n"),
    };
  },
  { live: true, namesakes: true },
);
