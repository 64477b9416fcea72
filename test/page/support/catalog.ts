import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

/** A catalog for one test, of a source with models and one with MCP servers. Returns the path of its `sources.yaml`. */
export function catalogOf(models: readonly object[], servers: readonly object[] = []): string {
  const folder = mkdtempSync(join(tmpdir(), "page-catalog-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const source = (id: string, file: string): object => ({
    ...{ id, name: id === "lab" ? "Lab" : "Servers", type: "yaml" },
    properties: { yamlCatalogPath: file },
  });
  writeFileSync(join(folder, "models.json"), JSON.stringify({ models }));
  writeFileSync(join(folder, "servers.json"), JSON.stringify({ mcp_servers: servers }));
  writeFileSync(
    join(folder, "sources.yaml"),
    JSON.stringify({
      model_catalogs: [source("lab", "models.json")],
      ...(servers.length === 0 ? {} : { mcp_catalogs: [source("servers", "servers.json")] }),
    }),
  );
  return join(folder, "sources.yaml");
}
