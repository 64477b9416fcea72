import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { type Service, startService } from "../../../src/compose/service.ts";
import { captureLog } from "../../support/captured-log.ts";
import { type Schemas, schemaProblems } from "../../support/schema-problems.ts";
import { until } from "../../support/until.ts";

const fixture = resolve(import.meta.dirname, "../../catalog/fixture");

/** What the peer says that it answers, by version. */
const peer = Object.fromEntries(
  ["v1", "v1alpha1"].map((version) => [
    version,
    JSON.parse(readFileSync(resolve(fixture, `../peer/${version}.json`), "utf8")) as Schemas,
  ]),
);

let service: Service;

beforeAll(async () => {
  const env = {
    PORT: "0",
    HOST: "127.0.0.1",
    CATALOG_SOURCES: join(fixture, "sources.yaml"),
    CATALOG_PERFORMANCE_DIRS: join(fixture, "benchmarks"),
    MR_ALPHA_SUNSET_DATE: "2999-01-01",
  };
  service = await startService(env, captureLog().log);
  await until(async () => (await fetch(`${service.url}/readyz`)).status === 200);
  return () => service.stop();
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: an answer is whatever the test looks for in it
  readonly body: any;
}

async function get(path: string): Promise<Answer> {
  const response = await fetch(`${service.url}/api${path}`);
  return { status: response.status, headers: response.headers, body: await response.json() };
}

const names = ({ body }: Answer): string[] => body.items.map(({ name }: { name: string }) => name);
const q = encodeURIComponent;

describe.each(["v1", "v1alpha1"])("the catalog over REST, %s", (version) => {
  const models = `/model_catalog/${version}`;
  const servers = `/mcp_catalog/${version}`;
  const chat = `${models}/sources/lab/models/lab/tiny-chat`;

  it.each([
    [`${models}/sources`, "CatalogSourceList"],
    [`${models}/labels`, "CatalogLabelList"],
    [`${models}/models`, "CatalogModelList"],
    [`${models}/models?filterQuery=${q("artifacts.ttft_p90 < 100")}`, "CatalogModelList"],
    [`${models}/models/filter_options`, "FilterOptionsList"],
    [chat, "CatalogModel"],
    [`${chat}/artifacts`, "CatalogArtifactList"],
    [`${chat}/artifacts/performance?targetRPS=10&recommendations=true`, "CatalogArtifactList"],
    [`${servers}/mcp_servers?includeTools=true`, "MCPServerList"],
    [`${servers}/mcp_servers/filter_options`, "FilterOptionsList"],
  ])("answers %s as the peer describes it", async (path, schema) => {
    const { status, body } = await get(path);
    expect(status).toBe(200);
    expect(schemaProblems(peer[version]!, { $ref: `#/components/schemas/${schema}` }, body)).toEqual([]);
    if ("items" in body) expect(body).toMatchObject({ size: body.items.length, pageSize: 10, nextPageToken: "" });
    if ("items" in body) expect(body.size).toBeGreaterThan(0);
  });

  it("answers a server and its tools as the peer describes it", async () => {
    const list = await get(`${servers}/mcp_servers?name=clock`);
    const { id } = list.body.items[0];
    for (const [path, schema] of [
      [`${servers}/mcp_servers/${id}?includeTools=true`, "MCPServer"],
      [`${servers}/mcp_servers/${id}/tools`, "MCPToolsList"],
      [`${servers}/mcp_servers/${id}/tools/now`, "MCPToolWithServer"],
    ] as const) {
      const { body } = await get(path);
      expect(schemaProblems(peer[version]!, { $ref: `#/components/schemas/${schema}` }, body)).toEqual([]);
    }
    const tools = await get(`${servers}/mcp_servers/${id}/tools?filterQuery=${q("accessType = 'read_write'")}`);
    expect(names(tools)).toEqual(["set"]);
    expect((await get(`${servers}/mcp_servers/${id}/tools/no`)).status).toBe(404);
  });

  it("names every source with its status, and why it is not as it should be", async () => {
    const { body } = await get(`${models}/sources`);
    const states = body.items.map(({ id, status, error }: Record<string, string>) => [id, status, error]);
    expect(states).toEqual([
      ["gone", "error", expect.stringContaining("failed to read yamlCatalogPath file: ")],
      [
        "half-bad",
        "partially-available",
        "Failed to load 2 model(s): line 6 (community/bad): language: expected a list of at most 1024, found a string; line 7: name: missing",
      ],
      ["lab", "available", undefined],
      ["odd", "error", 'catalog type "ftp" not registered'],
      ["odd-tools", "error", "unknown MCP provider type: hf"],
      ["off", "disabled", undefined],
      ["some", "available", undefined],
      ["tools", "available", undefined],
      ["untyped", "error", "source has no type defined"],
    ]);
  });

  it.each<[string, string[]]>([
    ["", ["community/good", "lab/disk-forecast", "lab/tiny-chat", "lab/tiny-chat", "other/Vision"]],
    ["?source=lab", ["lab/disk-forecast", "lab/tiny-chat", "other/Vision"]],
    ["?source=lab&sortOrder=DESC", ["other/Vision", "lab/tiny-chat", "lab/disk-forecast"]],
    ["?source=some", ["lab/tiny-chat"]],
    ["?source=some&source=half-bad", ["community/good", "lab/tiny-chat"]],
    ["?sourceLabel=vALIDATED", ["lab/disk-forecast", "lab/tiny-chat", "other/Vision"]],
    ["?sourceLabel=null", ["community/good"]],
    ["?sourceLabel=nobody", []],
    ["?q=FORECAST", ["lab/disk-forecast"]],
    ["?q=transformers&source=lab", ["lab/tiny-chat"]],
    ["?q=lab&source=lab", ["lab/disk-forecast", "lab/tiny-chat"]],
    [`?source=lab&filterQuery=${q("language = 'nl'")}`, ["lab/tiny-chat"]],
    [
      `?source=lab&filterQuery=${q("tasks != 'tabular' AND license = 'apache-2.0'")}`,
      ["lab/tiny-chat", "other/Vision"],
    ],
    [
      `?source=lab&filterQuery=${q("artifacts.hardware_type = 'H100' AND artifacts.ttft_p90 < 100")}`,
      ["lab/tiny-chat"],
    ],
    [`?source=lab&filterQuery=${q("artifacts.hardware_type = 'A100' AND artifacts.ttft_p90 < 100")}`, []],
    [`?source=lab&filterQuery=${q("params >= 1000 AND open = true AND size LIKE '%B'")}`, ["lab/tiny-chat"]],
    ["?source=lab&orderBy=artifacts.ttft_p90.double_value", ["lab/tiny-chat", "other/Vision", "lab/disk-forecast"]],
    ["?source=lab&orderBy=ACCURACY&sortOrder=DESC", ["lab/tiny-chat", "other/Vision", "lab/disk-forecast"]],
  ])("lists models%s", async (query, expected) => {
    const answer = await get(`${models}/models${query}`);
    expect(answer.body.message ?? names(answer)).toEqual(expected);
  });

  it("pages so that every model comes once", async () => {
    const seen: string[] = [];
    for (let token = "", pages = 0; pages < 10; pages++) {
      const { body } = await get(`${models}/models?pageSize=2&orderBy=ID&nextPageToken=${token}`);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      token = body.nextPageToken;
      if (token === "") break;
    }
    expect(new Set(seen).size).toBe(5);
    expect(seen).toHaveLength(5);
  });

  it("finds a model with its slash encoded too, and adds what was measured elsewhere", async () => {
    const { body } = await get(`${models}/sources/lab/models/lab%2Ftiny-chat`);
    expect(body).toEqual((await get(chat)).body);
    expect(body.customProperties.tensor_type.string_value).toBe("bf16");
    const accuracy = await get(`${chat}/artifacts?filterQuery=${q("metricsType = 'accuracy-metrics'")}`);
    expect(accuracy.body.items[0].customProperties.overall_average.double_value).toBe(71.5);
    const files = await get(`${chat}/artifacts?artifactType=model-artifact`);
    expect(files.body.items.map(({ uri }: { uri: string }) => uri)).toEqual(["oci://registry.example.org/tiny-chat:1"]);
  });

  it("says how many replicas a load takes", async () => {
    const { body } = await get(`${chat}/artifacts/performance?targetRPS=10&filterQuery=${q("hardware_type = 'A100'")}`);
    const { replicas, total_requests_per_second: total } = body.items[0].customProperties;
    expect([replicas.int_value, total.double_value]).toEqual(["3", 13.5]);
  });

  it("recommends models by latency, and pages through them", async () => {
    const query = version === "v1" ? "orderBy=RECOMMENDED" : "recommendations=true";
    const first = await get(`${models}/models?source=lab&pageSize=1&${query}`);
    expect(names(first)).toEqual(["lab/tiny-chat"]);
    const second = await get(
      `${models}/models?source=lab&pageSize=5&${query}&nextPageToken=${first.body.nextPageToken}`,
    );
    expect(names(second).toSorted()).toEqual(["lab/disk-forecast", "other/Vision"]);
  });

  it("lists servers by name, text, label, filter and named query", async () => {
    const lists = [
      "",
      "?name=c%25",
      "?q=WRITES",
      "?sourceLabel=lab",
      "?namedQuery=read_only",
      `?filterQuery=${q("tags = 'time'")}`,
    ];
    const found = await Promise.all(lists.map(async (query) => names(await get(`${servers}/mcp_servers${query}`))));
    expect(found).toEqual([["clock", "files"], ["clock"], ["files"], ["clock", "files"], ["clock"], ["clock"]]);
  });

  it("replaces the ends of ranges in named queries, and offers values and ranges", async () => {
    const { body } = await get(`${models}/models/filter_options`);
    expect(body.namedQueries.fast["artifacts.ttft_p90.double_value"]).toEqual({ operator: "<=", value: 120.5 });
    expect(body.filters.license).toEqual({ type: "string", values: ["apache-2.0", "mit"] });
    expect(body.filters.language.values).toEqual(["de", "en", "nl"]);
    expect(body.filters["artifacts.ttft_p90.double_value"].range).toEqual({ min: 60.5, max: 120.5 });
    expect(Object.keys(body.filters).filter((name) => /source_?id|logo|metricsType/i.test(name))).toEqual([]);
  });

  it.each([
    ["/models?pageSize=0", 400, "pageSize must be at least 1, got 0"],
    ["/models?pageSize=x", 400, 'invalid pageSize: "x" is not a whole number'],
    ["/models?filterQuery=name%20=", 400, "invalid filter query syntax: "],
    ["/models?nextPageToken=nonsense", 400, "invalid nextPageToken: "],
    ["/models?targetRPS=x", 400, "expected a whole number from 0 on"],
    ["/models?source=lab&sourceLabel=Lab", 400, "source and sourceLabel cannot be given together"],
    ["/sources?orderBy=CREATE_TIME", 400, "invalid orderBy"],
    ["/sources?assetType=cats", 400, "invalid value 'cats' for assetType"],
    ["/sources/lab/models/nobody", 404, "No model found 'nobody' in source 'lab'"],
    ["/sources/lab/models/nobody/artifacts", 404, "No model found 'nobody' in source 'lab'"],
    ["/sources/lab/models/nobody/artifacts/performance", 404, "No model found 'nobody' in source 'lab'"],
    ["/sources/nowhere/models/x", 404, "no source found with id 'nowhere'"],
    ["/sources/lab/models/lab/tiny-chat/artifacts?artifactType=x", 400, "invalid artifactType 'x'"],
    [
      "/sources/lab/models/lab/tiny-chat/artifacts/performance?targetRPS=1&latencyProperty=nope",
      400,
      "no performance artifact",
    ],
  ])("refuses %s with %i", async (path, status, words) => {
    const answer = await get(`${models}${path}`);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({
      code: status === 404 ? "Not Found" : "Bad Request",
      message: expect.stringContaining(words),
    });
    expect(schemaProblems(peer[version]!, { $ref: "#/components/schemas/Error" }, answer.body)).toEqual([]);
  });

  it("says of its alpha alone that it ends", async () => {
    const { headers } = await get(`${models}/models`);
    expect(headers.get("link")).toBe(version === "v1" ? null : '</api/model_catalog/v1/>; rel="successor-version"');
  });

  describe("previews", () => {
    const preview = async (query: string, config?: string, data?: string): Promise<Answer> => {
      const form = new FormData();
      if (config !== undefined) form.set("config", new Blob([config]), "config.yaml");
      if (data !== undefined) form.set("catalogData", new Blob([data]), "data.yaml");
      const response = await fetch(`${service.url}/api${models}/sources/preview${query}`, {
        method: "POST",
        body: form,
      });
      return { status: response.status, headers: response.headers, body: await response.json() };
    };
    const config = "type: yaml\nincludedModels: ['a/*']\n";
    const data = "models:\n  - name: a/one\n  - name: b/two\n  - name: a/three\n";

    it("what a source would have, from data that is sent along", async () => {
      const { body } = await preview("", config, data);
      expect(body).toMatchObject({
        items: [
          { name: "a/one", included: true },
          { name: "a/three", included: true },
          { name: "b/two", included: false },
        ],
        summary: { totalModels: 3, includedModels: 2, excludedModels: 1 },
      });
      expect(body.assetType).toBe(version === "v1" ? "models" : undefined);
      const schema = { $ref: "#/components/schemas/CatalogSourcePreviewResponse" };
      expect(schemaProblems(peer[version]!, schema, body)).toEqual([]);
      expect(names(await preview("?filterStatus=excluded", config, data))).toEqual(["b/two"]);
    });

    it("a file of the configured folders, and no other", async () => {
      const inside = await preview("", "type: yaml\nproperties: {yamlCatalogPath: lab.yaml}");
      expect(inside.body.summary.totalModels).toBe(3);
      for (const path of ["/etc/passwd", "../../../package.json", join(fixture, "../../../package.json")]) {
        const { status, body } = await preview("", `type: yaml\nproperties: {yamlCatalogPath: ${path}}`);
        expect([status, body.message]).toEqual([422, expect.stringContaining("is outside the catalog's directories")]);
      }
    });

    it.each([
      [undefined, undefined, 400, "config: missing"],
      ["type: [", undefined, 422, "invalid config: "],
      ["type: ftp", undefined, 422, 'invalid config: catalog type "ftp" not registered'],
      [config, "models: 7", 422, "failed to load models: line 1: "],
      ["type: yaml\nincludedModels: [x]\nexcludedModels: [X]", data, 422, "both included and excluded"],
    ])("nothing of %j", async (given, sent, status, words) => {
      const answer = await preview("", given, sent);
      expect([answer.status, answer.body.message]).toEqual([
        status,
        expect.stringContaining(status === 400 ? "expected a part" : words),
      ]);
    });
  });
});
