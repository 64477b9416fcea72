import { resolve } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { CatalogReader } from "../../src/catalog/catalog.ts";
import { compileIndexedFilter } from "../../src/catalog/search/compile-filter.ts";
import { columnsOf } from "../../src/catalog/search/model-columns.ts";
import { CatalogSources } from "../../src/catalog/sources/catalog-sources.ts";

const folder = resolve(import.meta.dirname, "../../manifests/kustomize/options/catalog/overlays/demo");

it("is whole: models with figures on two sorts of hardware, servers with tools, and named queries that find some", async () => {
  const sources = new CatalogSources({
    sourcesFiles: ["dev-catalog-sources.yaml", "dev-mcp-catalog-sources.yaml"].map((name) => resolve(folder, name)),
    performanceDirs: [],
    dataDirs: [],
    maxFileBytes: 1024 ** 2,
    maxEntries: 1000,
    log: { info: () => {}, warn: () => {} },
  });
  onTestFinished(() => sources.stop());
  await sources.start();
  await sources.settled();
  const { snapshot } = sources;
  expect([...snapshot.sources.values()].map(({ status, error }) => [status, error])).toEqual(
    Array.from({ length: 4 }, () => ["available", ""]),
  );
  expect(snapshot.models).toHaveLength(12);
  const onHardware = async (name: string) =>
    (await compileIndexedFilter(`artifacts.hardware_type = "${name}"`, columnsOf(snapshot.models))).matches;
  const [onTin, onCopper] = [await onHardware("Tin-40"), await onHardware("Copper-80")];
  expect(snapshot.models.filter((_, row) => onTin(row) && onCopper(row))).toHaveLength(4);
  expect(snapshot.servers).toHaveLength(6);
  expect(snapshot.servers.every(({ tools }) => tools.length > 0)).toBe(true);
  const reader = new CatalogReader(snapshot);
  const request = { pageSize: 10, pageToken: "", orderBy: "NAME", descending: false, filter: "", query: "", name: "" };
  for (const namedQuery of ["read_only_servers", "fully_audited", "remote_servers"]) {
    expect((await reader.servers({ ...request, sourceLabels: [], namedQuery })).items.length).toBeGreaterThan(0);
  }
});
