import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { makeCertificate, temporaryFolder } from "../support/certificates.ts";
import { send } from "../support/http-client.ts";
import { metricsWhen, readMetrics } from "../support/metric-lines.ts";
import { startRegistry } from "../support/running-service.ts";

it("the registry of versions says how its database is, and how the calls of its store go", async () => {
  const { url } = await startRegistry({ env: { DATABASE_URL: "sqlite::memory:" } });
  const path = "/api/model_registry/v1alpha3/registered_models";
  const headers = { "content-type": "application/json" };
  for (const status of [201, 409]) {
    expect((await send("1.1", { url, path, headers, body: '{"name":"m"}' })).status).toBe(status);
  }
  const metrics = await readMetrics(url);
  expect(metrics.get("kserve_registry_versions_database_up")).toBe(1);
  const [known, applied] = ["known", "applied"].map((of) =>
    metrics.get(`kserve_registry_versions_schema_version{of="${of}"}`),
  );
  expect(applied).toBeGreaterThan(0);
  expect(applied).toBe(known);
  expect(metrics.get('kserve_registry_versions_store_calls_total{operation="create"}')).toBe(1);
  expect(metrics.get('kserve_registry_versions_store_calls_total{operation="create",reason="ALREADY_EXISTS"}')).toBe(1);
  expect(metrics.get('kserve_registry_versions_store_seconds_count{operation="create"}')).toBe(2);
});

it("the catalog says how its sources are, and whether its configuration is in force", async () => {
  const folder = temporaryFolder();
  const [sourcesFile, dataFile] = [join(folder, "sources.yaml"), join(folder, "models.yaml")];
  const source = (id: string, path: string): string =>
    `  - {name: ${id}, id: ${id}, type: yaml, properties: {yamlCatalogPath: ${path}}}\n`;
  const sources = `catalogs:\n${source("good", "models.yaml")}${source("bad", "missing.yaml")}`;
  writeFileSync(sourcesFile, sources);
  writeFileSync(dataFile, "source: good\nmodels:\n  - {name: a}\n  - {name: b}\n");
  const { url } = await startRegistry({ env: { CATALOG_SOURCES: sourcesFile } });
  const before = await metricsWhen(url, 'kserve_registry_catalog_source_up{source="good"}', 1);
  expect(before.get('kserve_registry_catalog_source_up{source="bad"}')).toBe(0);
  expect(before.get('kserve_registry_catalog_source_entries{source="good",kind="models"}')).toBe(2);
  expect(before.get("kserve_registry_catalog_configuration_up")).toBe(1);
  writeFileSync(sourcesFile, readFileSync(sourcesFile, "utf8").replace("catalogs:", "catalogs: {"));
  const after = await metricsWhen(url, "kserve_registry_catalog_configuration_up", 0, 5000);
  expect(after.get('kserve_registry_catalog_source_entries{source="good",kind="models"}')).toBe(2);
});

it("certificates that are shown say when they end", async () => {
  const { certFile, keyFile } = makeCertificate(temporaryFolder(), "shown");
  const { url } = await startRegistry({
    env: { KSERVE_CLIENT_CERT_FILE: certFile, KSERVE_CLIENT_KEY_FILE: keyFile },
  });
  const end = (await readMetrics(url)).get('kserve_registry_certificate_expiry_timestamp_seconds{use="client"}')!;
  expect(end - Date.now() / 1000).toBeGreaterThan(86_400);
  expect(end - Date.now() / 1000).toBeLessThan(3 * 86_400);
});
