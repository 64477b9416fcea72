import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readModelsDocument } from "../../src/sources/models-document.ts";
import { clientOf } from "../support/clients.ts";
import { badDocuments, badEntries, documentWith, good, goodDocuments } from "../support/documents-table.ts";
import { errorOf } from "../support/error-details.ts";
import { jsonOf, send } from "../support/http-client.ts";
import { readMetrics } from "../support/metric-lines.ts";
import { wayNamed } from "../support/predict-forms.ts";
import { startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { openFolder } from "./support/models-file.ts";

describe("an entry of a document", () => {
  it.each(badEntries)("with %s is refused, and the others are served", (_title, entry, field, words) => {
    const text = documentWith(entry);
    const read = readModelsDocument(text, "models.yaml", "ns");
    if ("problem" in read) throw new Error(read.problem);
    expect(read.snapshot.entries.map(({ entry: { name } }) => name)).toEqual(["good", "last"]);
    const line = text.slice(0, text.indexOf(`- ${entry}\n`)).split("\n").length;
    expect(read.snapshot.refused).toHaveLength(1);
    const [refused] = read.snapshot.refused;
    expect(refused!.location).toMatch(new RegExp(`^models\\.yaml line ${entry === good ? 3 : line}\\b`));
    expect(refused!.problems).toContainEqual({ field, message: expect.stringContaining(words) });
    expect(JSON.stringify(refused).length).toBeLessThan(1000);
  });

  it("is known by its name, where that can be read", () => {
    const read = readModelsDocument("models: [{name: bad, service: s}, {service: s}]", "m", "ns");
    expect("snapshot" in read && read.snapshot.refused.map(({ name }) => name)).toEqual(["bad", undefined]);
  });
});

describe("a document", () => {
  it.each(badDocuments)("%s is not read at all", (_title, text, words) => {
    const read = readModelsDocument(text, "models.yaml", "ns");
    expect("problem" in read && read.problem).toMatch(/^models\.yaml: /);
    expect("problem" in read && read.problem).toContain(words);
  });

  it.each(goodDocuments)("%s is read", (_title, text) => {
    const read = readModelsDocument(text, "models.yaml", "ns");
    expect("snapshot" in read && read.snapshot.entries.map(({ entry: { name } }) => name)).toEqual(["good"]);
  });

  it.each(["models: []\n", "models:\n", '{"models": []}'])("may have no models: %j", (text) => {
    expect(readModelsDocument(text, "m", "ns")).toEqual({ snapshot: { entries: [], refused: [] } });
  });

  it("with an unknown key reports it, and is served", () => {
    const read = readModelsDocument(`models: [${good}]\ndefaults: {type: anomaly}\n`, "m", "ns");
    expect(read).toMatchObject({
      snapshot: { entries: [{ entry: { name: "good" } }], refused: [{ problems: [{ field: "defaults" }] }] },
    });
  });

  it("keeps the locations of entries when another one is written before them", () => {
    const locations = (text: string) => {
      const read = readModelsDocument(text, "m", "ns");
      return "snapshot" in read ? read.snapshot.entries.map(({ location }) => location) : [];
    };
    expect(locations(`models:\n- {name: new, service: s, type: anomaly}\n- ${good}\n`)).toContain(
      locations(`models:\n- ${good}\n`)[0],
    );
  });
});

describe("a service with a bad file", () => {
  it("names what it refuses in the log, in its answers and in metrics, and serves the others", async () => {
    const path = join(await openFolder(), "models.yaml");
    await writeFile(path, `models:\n- ${good}\n- {name: bad, service: s}\n- just words\n`);
    const entry = { name: "good", service: "other" };
    const { url, log } = await startRegistry({ models: [entry], env: { KSERVE_MODELS_FILE: path } });
    const client = clientOf(wayNamed("grpc/2"), url);
    const list = async () => client.listModels({ includeUnserved: true });
    // Before the file has been read, there is no list at all.
    await until(async () => (await list().catch(() => undefined))?.unserved.length === 3);

    const { models, unserved } = await list();
    expect(models.map(({ name, service }) => [name, service])).toEqual([["good", "good"]]);
    expect(
      unserved.map(({ name, entry: e }) => [name, e?.location, e?.refused, e?.shadowed, e?.problems[0]?.field]),
    ).toEqual([
      ["", `${path} line 4`, true, false, ""],
      ["bad", `${path} line 3 (bad)`, true, false, "type"],
      ["good", "KSERVE_MODEL_REGISTRY[0]", false, true, undefined],
    ]);
    expect((await client.listModels({})).unserved).toEqual([]);
    const filtered = await client.listModels({ includeUnserved: true, namespace: "self-healing-platform" });
    expect(filtered.unserved.map(({ name }) => name)).toEqual(["good"]);

    const error = await errorOf(client.getModel({ name: "bad" }));
    expect(error.rawMessage).toContain(`its entry is refused, ${path} line 3 (bad): type: missing`);
    const { body } = await send("1.1", { url, path: "/api/v1/models?includeUnserved=true" });
    expect(JSON.parse(body)).toMatchObject({
      unserved: [{ standing: "refused" }, { name: "bad", problems: [{ field: "type" }] }, { standing: "shadowed" }],
    });
    expect(jsonOf(await send("2", { url, path: "/api/v1/models?includeUnserved=1" }))).toEqual({
      error: "includeUnserved: expected true or false",
    });
    const refusedLines = log.lines.filter(({ msg }) => msg.startsWith("An entry was rejected"));
    expect(refusedLines).toMatchObject([
      { level: "warn", source: "file", model: "bad", location: `${path} line 3 (bad)` },
      { level: "warn", source: "file", location: `${path} line 4` },
    ]);
    const metrics = await readMetrics(url);
    expect(metrics.get('kserve_registry_entries_refused{source="file"}')).toBe(2);
    expect(metrics.get('kserve_registry_source_entries{source="file"}')).toBe(1);
    expect(metrics.get('kserve_registry_source_up{source="file"}')).toBe(1);

    await writeFile(path, "models: [\n");
    await until(() => log.lines.some(({ msg }) => msg.startsWith("Source file is not up to date")));
    const after = await readMetrics(url);
    expect(after.get('kserve_registry_source_up{source="file"}')).toBe(0);
    expect(after.get('kserve_registry_source_snapshot_age_seconds{source="file"}')).toBeGreaterThan(0);
    expect(after.get('kserve_registry_source_snapshot_age_seconds{source="environment"}')).toBe(0);
    expect((await list()).models).toHaveLength(1);
  });

  it("shows a refused entry beside the one that is served in its place", async () => {
    const path = join(await openFolder(), "models.yaml");
    await writeFile(path, "models: [{name: m, service: s}]\n");
    const { url } = await startRegistry({ models: [{ name: "m" }], env: { KSERVE_MODELS_FILE: path } });
    const client = clientOf(wayNamed("connect-json/1.1"), url);
    await until(async () => (await client.getModel({ name: "m" })).entries.length === 2);
    expect((await client.getModel({ name: "m" })).entries).toMatchObject([
      { location: "KSERVE_MODEL_REGISTRY[0]", refused: false },
      { location: `${path} line 1 (m)`, refused: true, problems: [{ field: "type" }] },
    ]);
    const { body } = await send("1.1", { url, path: "/api/v1/models/m" });
    expect((JSON.parse(body) as { entries: unknown }).entries).toMatchObject([
      { standing: "in-force" },
      { standing: "refused" },
    ]);
  });
});
