import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { maxDocumentBytes, readModelsDocument } from "../../src/sources/models-document.ts";
import { clientOf } from "../support/clients.ts";
import { errorOf } from "../support/error-details.ts";
import { jsonOf, send } from "../support/http-client.ts";
import { readMetrics } from "../support/metric-lines.ts";
import { wayNamed } from "../support/predict-forms.ts";
import { startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { openFolder } from "./support/models-file.ts";

const good = "{name: good, service: good, type: anomaly}";

/** Entries that cannot be served, as a list of YAML writes them, with the field and a part of the words. */
const badEntries: readonly (readonly [string, string, string, string])[] = [
  ["a text", "just words", "", "expected an object, found a string"],
  ["a number", "5", "", "expected an object, found a number"],
  ["nothing", "", "", "expected an object, found null"],
  ["a list", "[a, b]", "", "expected an object, found a list"],
  ["no name", "{service: s, type: anomaly}", "name", "missing"],
  ["a name in capitals", "{name: Bad, service: s, type: anomaly}", "name", "expected a DNS label"],
  ["a name with a slash", "{name: a/b, service: s, type: anomaly}", "name", "expected a DNS label"],
  ["a name that is too long", `{name: ${"a".repeat(64)}, service: s, type: anomaly}`, "name", "expected a DNS label"],
  ["a number for a name", "{name: 123, service: s, type: anomaly}", "name", "found 123"],
  ["a name that YAML reads as a flag", "{name: true, service: s, type: anomaly}", "name", "found true"],
  ["a name that is taken", good, "name", "used twice; line 2 has it already"],
  ["no service", "{name: bad, type: anomaly}", "service", "missing"],
  ["a list for a service", "{name: bad, service: [s], type: anomaly}", "service", "expected a DNS label"],
  ["no type", "{name: bad, service: s}", "type", "missing; expected anomaly, predictive or classification"],
  ["an unknown type", "{name: bad, service: s, type: regression}", "type", 'found "regression"'],
  ["an unknown field", "{name: bad, service: s, type: anomaly, colour: red}", "colour", "unknown field"],
  ["a misspelt field", "{name: bad, service: s, type: anomaly, trigers: [a]}", "trigers", "did you mean triggers?"],
  ["a bad namespace", "{name: bad, service: s, type: anomaly, namespace: a_b}", "namespace", "expected a DNS label"],
  ["a url that is none", "{name: bad, type: anomaly, url: 'not a url'}", "url", "expected a base address"],
  ["a url of a file", "{name: bad, type: anomaly, url: 'file:///etc/passwd'}", "url", "with http or https"],
  ["a password in a url", "{name: bad, type: anomaly, url: 'http://u:p@h'}", "url", "without a user or password"],
  ["a port out of range", "{name: bad, service: s, type: anomaly, port: 70000}", "port", "from 1 to 65535"],
  ["a port beside a url", "{name: bad, type: anomaly, url: 'http://h', port: 80}", "port", "not together with url"],
  ["a timeout without a unit", "{name: bad, service: s, type: anomaly, timeout: 30}", "timeout", "expected a duration"],
  [
    "a flag as a text",
    "{name: bad, service: s, type: anomaly, forwardAuthorization: 'yes'}",
    "forwardAuthorization",
    "true or false",
  ],
  ["a path for a path name", "{name: bad, service: s, type: anomaly, model: ../admin}", "model", "without '/'"],
  [
    "triggers that are no list",
    "{name: bad, service: s, type: anomaly, triggers: spike}",
    "triggers",
    "expected a list",
  ],
  [
    "a trigger without a type",
    "{name: bad, service: s, type: anomaly, triggers: [{metric: m}]}",
    "triggers[0].type",
    "missing",
  ],
  [
    "a threshold that is infinite",
    "{name: bad, service: s, type: anomaly, triggers: [{type: t, metric: m, threshold: .inf}]}",
    "triggers[0].threshold",
    "expected a number",
  ],
  [
    "a feature that is there twice",
    "{name: bad, service: s, type: anomaly, inputFeatures: [a, a]}",
    "inputFeatures[1]",
    "used twice",
  ],
  [
    "too many features",
    `{name: bad, service: s, type: anomaly, inputFeatures: [${"a,".repeat(1025)}]}`,
    "inputFeatures",
    "at most 1024",
  ],
  [
    "a form of input without features",
    "{name: bad, service: s, type: anomaly, inputFormat: record}",
    "inputFormat",
    "needs inputFeatures",
  ],
  [
    "an action that is none",
    "{name: bad, service: s, type: anomaly, remediationActions: [5]}",
    "remediationActions[0]",
    "expected an object",
  ],
  [
    "an action that is nested too deep",
    `{name: bad, service: s, type: anomaly, remediationActions: [{type: t, p: ${"[".repeat(40)}${"]".repeat(40)}}]}`,
    "remediationActions[0]",
    "at most 16 levels",
  ],
  [
    "a description that is too long",
    `{name: bad, service: s, type: anomaly, description: ${"x".repeat(900_000)}}`,
    "description",
    "at most 4096 characters, found 900000",
  ],
  [
    "a key that is written twice",
    "{name: bad, service: s, type: anomaly, type: predictive}",
    "type",
    "is written twice",
  ],
  ["a tag that nobody knows", "{name: bad, service: !python/object s, type: anomaly}", "", "Unresolved tag"],
  [
    "an entry that holds itself",
    "&self {name: bad, service: s, type: anomaly, remediationActions: [{type: t, again: *self}]}",
    "",
    "when its aliases are written out",
  ],
  ["a bomb of aliases", "{name: bad, service: s, type: anomaly, triggers: *e}", "", "when its aliases are written out"],
];

/** Aliases of aliases, for the bomb above. */
const anchors = ["b", "c", "d", "e"].reduce(
  (text, name, i) => `${text}x-${name}: &${name} [${`*${"abcde"[i]},`.repeat(12)}]\n`,
  "x-a: &a [x, x, x, x, x, x, x, x, x, x, x, x]\n",
);

describe("an entry of a document", () => {
  it.each(badEntries)("with %s is refused, and the others are served", (_title, entry, field, words) => {
    const list = `models:\n- ${good}\n- ${entry}\n- {name: last, service: last, type: anomaly}\n`;
    const text = entry.includes("*e") ? anchors + list : list;
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
  it.each<[string, string, string]>([
    ["with an open bracket", `models: [${good}\n`, "line 2, column 1"],
    ["with a tab for indentation", `models:\n\t- ${good}\n`, "line 2, column 1: Tabs are not allowed as indentation"],
    ["with bad indentation", `models:\n  - name: a\n service: b\n`, "line 3"],
    ["with a quote that is left open", `models:\n- name: "a\n`, "line 3"],
    ["of two documents", `models: []\n---\nmodels: []\n`, "multiple documents"],
    ["that is empty", " \n", "is empty; expected models: [...]"],
    ["of comments alone", "# nothing\n", "expected models: [...]"],
    ["that is a text", "models", "found a text"],
    ["without the list", "services: []\n", "found no such key"],
    ["with the list misspelt", `model:\n- ${good}\n`, 'found "model"'],
    ["with an object for the list", "models: {a: b}\n", "expected models: [...]"],
    ["with the list twice", `models: []\nmodels:\n- ${good}\n`, "models is written twice"],
    ["with an alias of nothing", "models: [*nobody]\n", "nobody"],
    ["nested without end", `models: ${"[".repeat(100_000)}`, "nested deeper than"],
    ["nested without end by dashes", `models:\n${"- ".repeat(100_000)}`, "nested deeper than"],
    ["with too many entries", `models:\n${"- x\n".repeat(10_001)}`, "10001 entries; at most 10000"],
    ["with problems everywhere", `models:\n${"- !x a\n".repeat(200)}`, "more than 100 problems"],
    ["that is too large", `models:\n- ${good}\n${"#".repeat(maxDocumentBytes)}`, `at most ${maxDocumentBytes}`],
  ])("%s is not read at all", (_title, text, words) => {
    const read = readModelsDocument(text, "models.yaml", "ns");
    expect("problem" in read && read.problem).toMatch(/^models\.yaml: /);
    expect("problem" in read && read.problem).toContain(words);
  });

  it.each([
    ["in YAML", `models:\n- ${good}\n`],
    ["in JSON", '{"models": [{"name": "good", "service": "good", "type": "anomaly"}]}'],
    ["that is the list alone", `- ${good}\n`],
    [
      "with defaults by anchor and merge",
      `x-all: &all {type: anomaly}\nmodels:\n- {<<: *all, name: good, service: good}\n`,
    ],
    ["with the marks of an editor", `\ufeff---\nmodels:\r\n- ${good}\r\n...\n`],
    ["whose defaults are used by many", `x-all: &all {type: anomaly}\nmodels:\n- ${good}\n${"- *all\n".repeat(500)}`],
  ])("%s is read", (_title, text) => {
    const read = readModelsDocument(text, "models.yaml", "ns");
    expect("snapshot" in read && read.snapshot.entries.map(({ entry: { name } }) => name)).toEqual(["good"]);
  });

  it.each(["models: []\n", "models:\n", '{"models": []}'])("may have no models: %j", (text) => {
    expect(readModelsDocument(text, "m", "ns")).toEqual({ snapshot: { entries: [], refused: [] } });
  });

  it("with a key that nobody knows says so, and is served", () => {
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
    await until(async () => (await list()).unserved.length === 3);

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
    const refusedLines = log.lines.filter(({ msg }) => msg.startsWith("An entry is refused"));
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
