import { join, resolve } from "node:path";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { beforeAll, describe, expect, it } from "vitest";
import { ErrorInfoSchema } from "../../../gen/google/rpc/error_details_pb.ts";
import { ModelCatalog, PreviewFilter } from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import { AssetType, SourceStatus } from "../../../gen/kserve/catalog/v1/source_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { type Service, startService } from "../../../src/compose/service.ts";
import { captureLog } from "../../support/captured-log.ts";
import { until } from "../../support/until.ts";

const fixture = resolve(import.meta.dirname, "../../catalog/fixture");
const log = captureLog();
let service: Service;

beforeAll(async () => {
  const env = {
    PORT: "0",
    HOST: "127.0.0.1",
    DATABASE_URL: "sqlite::memory:",
    CATALOG_SOURCES: join(fixture, "sources.yaml"),
  };
  service = await startService(env, log.log);
  await until(async () => (await fetch(`${service.url}/readyz`)).status === 200);
  return () => service.stop();
});

describe.each([
  ["gRPC", () => createGrpcTransport({ baseUrl: service.url })],
  ["Connect", () => createConnectTransport({ baseUrl: service.url, httpVersion: "1.1" })],
])("the catalog over %s", (_, transport) => {
  const client = () => createClient(ModelCatalog, transport());

  it("lists sources of one type with their status", async () => {
    const { sources } = await client().listSources({ assetType: AssetType.MCP_SERVERS });
    expect(sources.map(({ id, status, size }) => [id, status, size])).toEqual([
      ["odd-tools", SourceStatus.ERROR, 0],
      ["tools", SourceStatus.AVAILABLE, 2],
    ]);
  });

  it("lists labels, one of them for sources without any", async () => {
    const { labels } = await client().listLabels({});
    expect(labels.map(({ name, displayName }) => [name, displayName])).toEqual([
      ["Lab", "From the lab"],
      ["Some", "Chosen"],
      [undefined, "Everything else"],
    ]);
  });

  it("lists models page by page, and gets one with its model card", async () => {
    const first = await client().listModels({ pageSize: 2, sourceIds: ["lab"] });
    const second = await client().listModels({ pageSize: 2, sourceIds: ["lab"], pageToken: first.nextPageToken });
    expect([...first.models, ...second.models].map(({ name, readme }) => [name, readme])).toEqual([
      ["lab/disk-forecast", ""],
      ["lab/tiny-chat", ""],
      ["other/Vision", ""],
    ]);
    const { model } = await client().getModel({ sourceId: "lab", name: "lab/tiny-chat" });
    expect(model).toMatchObject({
      readme: "# Tiny chat\nAnswers **briefly**.\n",
      languages: ["en", "nl"],
      artifactCounts: { "model-artifact": 1, "performance-metrics": 2 },
      servingConfig: { toolCalling: { toolCallParser: "hermes", requiredArgs: ["--enable-x"] } },
      customProperties: { params: { value: { case: "intValue", value: 1000n } } },
    });
  });

  it("recommends what is worth choosing", async () => {
    const { artifacts } = await client().listPerformanceArtifacts({
      sourceId: "lab",
      name: "lab/tiny-chat",
      recommendation: { targetRps: 10 },
      recommendedOnly: true,
    });
    // Three A100 at 120.5 ms cost less than four H100 at 60.5 ms, which are clearly faster: both are kept.
    const hardware = artifacts.map(({ customProperties }) => customProperties.hardware_type?.value.value);
    expect(hardware.toSorted()).toEqual(["A100", "H100"]);
    expect(artifacts.map(({ customProperties }) => customProperties.replicas?.value.value).toSorted()).toEqual([
      2n,
      3n,
    ]);
  });

  it("says by what can be filtered", async () => {
    const { options } = await client().getFilterOptions({ assetType: AssetType.MCP_SERVERS });
    expect(options?.filters.tags?.option.value).toMatchObject({ values: ["time", "tools"] });
    expect(options?.namedQueries.read_only?.conditions.readOnlyTools).toMatchObject({ operator: "=" });
  });

  it("lists servers, and finds a tool", async () => {
    const { mcpServers } = await client().listMcpServers({ toolLimit: 1 });
    expect(mcpServers.map(({ name, toolCount, tools }) => [name, toolCount, tools.length])).toEqual([
      ["clock", 2, 1],
      ["files", 2, 1],
    ]);
    const { mcpServer } = await client().getMcpServer({ id: mcpServers[1]!.id });
    expect(mcpServer?.runtimeMetadata).toMatchObject({ defaultPort: 8080 });
    const { tools } = await client().listMcpTools({ serverId: mcpServers[0]!.id });
    expect(tools.map(({ name }) => name)).toEqual(["now", "set"]);
    const { serverName, tool } = await client().getMcpTool({ serverId: mcpServers[0]!.id, name: "now" });
    expect([serverName, tool?.parameters[0]?.name]).toEqual(["clock", "zone"]);
  });

  const lab = "type: yaml\nproperties: {yamlCatalogPath: lab.yaml}";

  it("previews a source", async () => {
    const config = "type: yaml\nexcludedModels: ['*-forecast']\nproperties: {yamlCatalogPath: lab.yaml}";
    const preview = await client().previewSource({ config });
    expect([preview.totalSize, preview.includedSize]).toEqual([3, 2]);
    const excluded = await client().previewSource({ config, filter: PreviewFilter.EXCLUDED });
    expect(excluded.entries.map(({ name, included }) => [name, included])).toEqual([["lab/disk-forecast", false]]);
    const first = await client().previewSource({ config, filter: PreviewFilter.INCLUDED, pageSize: 1 });
    const { nextPageToken: pageToken } = first;
    const second = await client().previewSource({ config, filter: PreviewFilter.INCLUDED, pageSize: 1, pageToken });
    expect([first, second].map(({ entries }) => entries.length)).toEqual([1, 1]);
    expect(second.nextPageToken).toBe("");
  });

  it.each([
    ["SOURCE_NOT_FOUND", Code.NotFound, () => client().getModel({ sourceId: "no", name: "x" })],
    ["CATALOG_MODEL_NOT_FOUND", Code.NotFound, () => client().getModel({ sourceId: "lab", name: "x" })],
    ["MCP_SERVER_NOT_FOUND", Code.NotFound, () => client().getMcpServer({ id: "1" })],
    ["INVALID_FILTER", Code.InvalidArgument, () => client().listModels({ filter: "name =" })],
    ["INVALID_PAGE_TOKEN", Code.InvalidArgument, () => client().listModels({ pageToken: "x" })],
    ["INVALID_REQUEST", Code.InvalidArgument, () => client().listModels({ pageSize: -1 })],
    ["INVALID_REQUEST", Code.InvalidArgument, () => client().listModels({ orderBy: "size" })],
    ["INVALID_SOURCE", Code.InvalidArgument, () => client().previewSource({ config: "type: ftp" })],
    [
      "INVALID_REQUEST",
      Code.InvalidArgument,
      () => client().previewSource({ config: lab, filter: 9 as PreviewFilter }),
    ],
    ["INVALID_PAGE_TOKEN", Code.InvalidArgument, () => client().previewSource({ config: lab, pageToken: "x" })],
    [
      "NO_MODEL_ARTIFACT",
      Code.FailedPrecondition,
      () => client().registerFromCatalog({ sourceId: "lab", name: "other/Vision" }),
    ],
  ])("refuses with %s", async (reason, code, call) => {
    const error = ConnectError.from(await call().catch((thrown: unknown) => thrown));
    expect([error.code, error.findDetails(ErrorInfoSchema)[0]?.reason]).toEqual([code, reason]);
  });

  it("sends the sources to who watches them", async () => {
    const abort = new AbortController();
    for await (const { sources } of client().watchSources({}, { signal: abort.signal })) {
      expect(sources).toHaveLength(9);
      break;
    }
    abort.abort();
  });
});

describe("registering from the catalog", () => {
  const transport = () => createGrpcTransport({ baseUrl: service.url });

  it("makes a model, a version and an artifact that say where they came from, once", async () => {
    const catalog = createClient(ModelCatalog, transport());
    const versions = createClient(VersionRegistry, transport());
    const request = { sourceId: "lab", name: "lab/tiny-chat", registeredName: "tiny-chat", version: "2" };
    const first = await catalog.registerFromCatalog(request);
    expect(first.alreadyRegistered).toBe(false);
    expect((await catalog.registerFromCatalog(request)).alreadyRegistered).toBe(true);
    const { registeredModel, modelVersion, uri } = await versions.resolveVersion({ name: "tiny-chat" });
    expect(registeredModel).toMatchObject({ name: "tiny-chat", license: "apache-2.0", tasks: ["text-generation"] });
    expect(modelVersion?.customProperties).toMatchObject({
      catalog_source: { value: { value: "lab" } },
      catalog_model: { value: { value: "lab/tiny-chat" } },
    });
    expect(uri).toBe("oci://registry.example.org/tiny-chat:1");
    // Another version of a model that is there leaves the model as it is.
    const other = await catalog.registerFromCatalog({ ...request, version: "3" });
    expect(other.registeredModel?.id).toBe(first.registeredModel?.id);
    expect(log.lines.filter(({ msg }) => msg === "audit")).toHaveLength(2);
  });
});
