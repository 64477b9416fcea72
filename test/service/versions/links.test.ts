import { createClient } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { FeatureType, type Model, VersionLinkState } from "../../../gen/kserve/registry/v1/model_pb.ts";
import { ModelRegistry } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { ModelVersionState } from "../../../gen/kserve/versions/v1/model_version_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { runCli } from "../../cli/support/run-cli.ts";
import { listServices } from "../../contract/reflected.ts";
import { errorOf, partsOf } from "../../support/error-details.ts";
import { answer } from "../../support/fake-upstream.ts";
import { type Entry, startRegistry } from "../../support/running-service.ts";
import { until } from "../../support/until.ts";
import { transportOf, ways } from "../../support/ways.ts";

const grpc = ways.find(({ name }) => name === "grpc/2")!;

const features = [
  { name: "disk_utilization", type: FeatureType.NUMBER, min: 0, max: 100 },
  { name: "iops", type: FeatureType.INTEGER },
];

async function start(models: readonly Entry[], env: Record<string, string> = { DATABASE_URL: "sqlite::memory:" }) {
  const service = await startRegistry({ models, env });
  const transport = transportOf(grpc, service.url);
  const registry = createClient(ModelRegistry, transport);
  const versions = createClient(VersionRegistry, transport);
  const modelOf = async (name: string): Promise<Model> => (await registry.getModel({ name })).model!;
  const untilLink = (name: string, state: VersionLinkState) =>
    until(async () => (await modelOf(name)).versionLink?.state === state, `${name} is in state ${state}`);
  return { service, transport, registry, versions, modelOf, untilLink };
}

type Versions = Awaited<ReturnType<typeof start>>["versions"];

async function register(versions: Versions, version: string, declarations: object = { inputFeatures: features }) {
  return await versions.registerVersion({
    registeredModel: { name: "disk-failure-predictor" },
    modelVersion: { name: version, ...declarations },
    artifacts: [{ sort: { case: "modelArtifact", value: { uri: `s3://models/disk/${version}` } } }],
  } as never);
}

describe("a model that is linked to a registered version", () => {
  const entry = { name: "disk", version: "disk-failure-predictor/2" };

  it("is checked, typed and described by what its version declares, with nothing declared twice", async () => {
    const { service, registry, versions, modelOf, untilLink, transport } = await start([entry]);
    await untilLink("disk", VersionLinkState.NOT_FOUND);
    expect((await modelOf("disk")).inputFeatures).toEqual([]);
    const watched = registry.watchModels({})[Symbol.asyncIterator]();
    await watched.next();
    await watched.next();

    const { modelVersion, registeredModel } = await register(versions, "2");
    await versions.setAlias({
      name: registeredModel!.name,
      alias: "champion",
      version: modelVersion!.name,
    });
    await until(async () => (await modelOf("disk")).versionLink?.aliases.length === 1);
    const model = await modelOf("disk");
    expect(model.versionLink).toMatchObject({
      reference: "disk-failure-predictor/2",
      state: VersionLinkState.LINKED,
      problem: "",
      registeredModel: "disk-failure-predictor",
      registeredModelId: registeredModel!.id,
      version: "2",
      modelVersionId: modelVersion!.id,
      aliases: ["champion"],
      declaredFields: ["input_features"],
      differences: [],
    });
    expect(model.inputFeatures).toMatchObject(features);
    const listed = await registry.listModels({});
    expect(listed.models[0]?.versionLink).toEqual(model.versionLink);
    const { value } = await watched.next();
    expect(value).toMatchObject({ model: { versionLink: { version: "2" } } });
    expect(value?.changedFields).toContain("version_link");
    await watched.return?.();

    expect(await listServices(transport)).toContain("kserve.models.disk.v1.Disk");
    const input = { case: "body", value: Buffer.from('{"instances":[{"disk_utilization":120,"iops":1}]}') } as const;
    const error = await errorOf(registry.predict({ name: "disk", input }));
    expect(partsOf(error)).toMatchObject({ code: "InvalidArgument" });
    expect(error.rawMessage).toContain("above the limit of 100");
    expect(service.upstream.predictions).toEqual([]);
  });

  it("takes a new alias, an archived version and a deleted one from the registry of versions", async () => {
    const { versions, untilLink, modelOf } = await start([
      entry,
      { name: "newest", version: "disk-failure-predictor" },
    ]);
    const { modelVersion } = await register(versions, "2");
    await register(versions, "3", {});
    await untilLink("newest", VersionLinkState.LINKED);
    expect((await modelOf("newest")).versionLink?.version).toBe("3");
    await untilLink("disk", VersionLinkState.LINKED);
    await versions.updateModelVersion({
      modelVersion: { id: modelVersion!.id, state: ModelVersionState.ARCHIVED },
      updateMask: { paths: ["state"] },
    } as never);
    await untilLink("disk", VersionLinkState.ARCHIVED);
    const archived = await modelOf("disk");
    expect(archived.versionLink?.problem).toBe("version 2 of disk-failure-predictor is archived");
    expect(archived.inputFeatures).toHaveLength(2);
  });

  it("says in every protocol which version predicted, where its server does not and the link cannot move", async () => {
    const movable = { name: "movable", version: "disk-failure-predictor" };
    const { service, versions, untilLink } = await start([entry, movable]);
    await register(versions, "2", {});
    await untilLink("disk", VersionLinkState.LINKED);
    await untilLink("movable", VersionLinkState.LINKED);
    for (const way of ways.filter(({ get }) => !get)) {
      const registry = createClient(ModelRegistry, transportOf(way, service.url));
      const predict = async (name: string, form: "body" | "instances") => {
        const row = { kind: { case: "listValue", value: { values: [{ kind: { case: "numberValue", value: 1 } }] } } };
        const input =
          form === "body"
            ? { case: form, value: Buffer.from('{"instances":[[1]]}') }
            : { case: form, value: { values: [row] } };
        return (await registry.predict({ name, input } as never)).modelVersion;
      };
      expect(await predict("disk", "body"), way.name).toBe("2");
      expect(await predict("disk", "instances"), way.name).toBe("2");
      expect(await predict("movable", "body"), way.name).toBe("");
    }
    const url = `${service.url}/api/v1/models/disk/evaluate`;
    const response = await fetch(url, { method: "POST", body: '{"instances":[[1]]}' });
    expect(await response.json()).toMatchObject({ modelVersion: "2" });
    service.upstream.onPredict("disk", answer(200, { predictions: [0], model_version: "from-server" }));
    const registry = createClient(ModelRegistry, transportOf(grpc, service.url));
    const input = { case: "body", value: Buffer.from('{"instances":[[1]]}') } as const;
    expect((await registry.predict({ name: "disk", input })).modelVersion).toBe("from-server");
  });

  it("is shown with its version by the command line, and over REST", async () => {
    const differing = { ...entry, name: "differing", inputFeatures: ["iops", "age"] };
    const { service, versions, untilLink } = await start([entry, differing, { name: "plain" }]);
    await register(versions, "2");
    await untilLink("disk", VersionLinkState.LINKED);
    await untilLink("differing", VersionLinkState.LINKED);
    const list = await runCli(["list", "--address", service.url], {});
    expect(list.out).toMatch(/^NAME\s+TYPE\s+NAMESPACE\s+STATE\s+VERSION/);
    expect(list.out).toMatch(/^disk\s.*disk-failure-predictor\/2/m);
    expect(list.out).toMatch(/^plain\s+anomaly\s+\S+\s+\S+\s+-\s/m);
    const get = await runCli(["get", "differing", "--address", service.url], {});
    expect(get.out).toContain("Version:        disk-failure-predictor/2\n");
    expect(get.out).toContain("differs: inputFeatures: the entry has iops, age, the version disk_utilization, iops\n");
    const rest = (await (await fetch(`${service.url}/api/v1/models/disk`)).json()) as Record<string, unknown>;
    expect(rest.versionLink).toMatchObject({
      reference: "disk-failure-predictor/2",
      state: "linked",
      version: "2",
      declaredFields: ["inputFeatures"],
    });
    const doctor = await runCli(["doctor", "--address", service.url], {});
    expect(doctor.out).toMatch(/version\s+FAILED .*disk-failure-predictor\/2 declares something else: inputFeatures/);
    expect(doctor.out).toMatch(/version\s+ok .*disk-failure-predictor\/2\n/);
  });

  it("is found by lint where its version is not there, is archived or declares something else", async () => {
    const { service, versions } = await start([{ name: "unrelated" }]);
    await register(versions, "2");
    const { modelVersion } = await register(versions, "1", {});
    await versions.updateModelVersion({
      modelVersion: { id: modelVersion!.id, state: ModelVersionState.ARCHIVED },
      updateMask: { paths: ["state"] },
    } as never);
    const lines = ["good", "gone", "archived", "differing"].map((name) => {
      const version = { good: "2", gone: "3", archived: "1", differing: "2" }[name];
      const features = name === "differing" ? ", inputFeatures: [age]" : "";
      return `- { name: ${name}, service: ${name}, type: anomaly, version: disk-failure-predictor/${version}${features} }`;
    });
    const stdin = `${lines.join("\n")}\n`;
    const offline = await runCli(["lint", "-"], { stdin });
    expect(offline).toMatchObject({ status: 0 });
    const { status, out } = await runCli(["lint", "--address", service.url, "-"], { stdin });
    expect(status).toBe(1);
    expect(out).toMatch(/^-:2:\d+: error: .*: registered model disk-failure-predictor has no version 3$/m);
    expect(out).toMatch(/^-:3:\d+: warning: .*: version 1 of disk-failure-predictor is archived$/m);
    expect(out).toMatch(
      /^-:4:\d+: warning: .*differs: inputFeatures: the entry has age, the version disk_utilization, iops$/m,
    );
    expect(out.split("\n")).toHaveLength(4);
    await service.stop();
    const away = await runCli(["lint", "--address", service.url, "-"], { stdin });
    expect(away).toMatchObject({ status: 1, out: "" });
    expect(away.err).toContain("linked versions cannot be looked up");
  });

  it("finds its version in another registry, keeps what it found while that is away, and says so at the start", async () => {
    const other = await start([{ name: "unrelated" }]);
    await register(other.versions, "2");
    const env = { VERSIONS_URL: other.service.url, VERSIONS_REFRESH: "1s" };
    const own = await start([entry, { name: "missing", version: "nobody" }], env);
    await own.untilLink("disk", VersionLinkState.LINKED);
    expect((await own.modelOf("disk")).inputFeatures).toMatchObject(features);
    expect((await own.modelOf("missing")).versionLink).toMatchObject({
      state: VersionLinkState.NOT_FOUND,
      problem: "there is no registered model nobody",
    });
    await other.service.stop();
    await until(() => own.service.log.lines.some(({ msg }) => /cannot be looked up/.test(String(msg))));
    expect((await own.modelOf("disk")).versionLink?.state).toBe(VersionLinkState.LINKED);
  });

  it("names the variable to set if there is no registry of versions", async () => {
    const { modelOf, untilLink } = await start([entry], {});
    await untilLink("disk", VersionLinkState.UNKNOWN);
    expect((await modelOf("disk")).versionLink?.problem).toContain("set DATABASE_URL, or VERSIONS_URL");
  });
});
