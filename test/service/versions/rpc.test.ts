import { createClient } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../../gen/grpc/health/v1/health_pb.ts";
import { FeatureType, InputFormat } from "../../../gen/kserve/registry/v1/model_pb.ts";
import { ArtifactType } from "../../../gen/kserve/versions/v1/artifact_pb.ts";
import { RegisteredModelState } from "../../../gen/kserve/versions/v1/registered_model_pb.ts";
import { ComparisonGroup, VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { errorOf, partsOf } from "../../support/error-details.ts";
import { type RunningService, startRegistry } from "../../support/running-service.ts";
import { transportOf, type Way, ways } from "../../support/ways.ts";
import { emptiedRegistry } from "./emptied-registry.ts";

function clientsOf(service: RunningService, way: Way = ways[0]!) {
  const transport = transportOf(way, service.url);
  return { service, client: createClient(VersionRegistry, transport), health: createClient(Health, transport) };
}

const registration = {
  registeredModel: { name: "disk-failure-predictor", description: "Predicts failures" },
  modelVersion: {
    name: "2.1.0",
    inputFeatures: [
      { name: "disk_utilization", type: FeatureType.NUMBER, unit: "percent", min: 0, max: 100 },
      { name: "iops", type: FeatureType.INTEGER, nullable: true },
    ],
    inputFormat: InputFormat.RECORD_OF_LISTS,
    outputFormat: { field: "scores.0", threshold: 0.5, labels: { "1": "failing" } },
    customProperties: {
      stage: { value: { case: "stringValue", value: "production" } },
      builds: { value: { case: "intValue", value: 12n } },
      settings: { value: { case: "structValue", value: { depth: 3, tags: ["a"] } } },
      report: { value: { case: "protoValue", value: { type: "t", value: new Uint8Array([1, 2]) } } },
    },
  },
  artifacts: [
    { sort: { case: "modelArtifact", value: { uri: "s3://models/disk/2.1.0", modelFormatName: "sklearn" } } },
    { name: "accuracy", sort: { case: "metric", value: { value: 0.97, step: 4n } } },
    { name: "depth", sort: { case: "parameter", value: { value: "3" } } },
  ],
} as const;

describe("the registry of versions by RPC", () => {
  const emptied = emptiedRegistry();
  const start = (way?: Way) => clientsOf(emptied(), way);

  it.each(ways)("answers with records of a megabyte as they are, by $name", async (way) => {
    const { client } = start(way);
    const readme = 'x🙂日\n"'.repeat(40_000);
    for (const name of ["a", "b"])
      await client.createRegisteredModel({ registeredModel: { name, readme, logo: readme } });
    const { registeredModel } = await client.getRegisteredModel({ key: { case: "name", value: "a" } });
    expect(registeredModel).toMatchObject({ name: "a", readme, logo: readme, etag: "1" });
    const { registeredModels, nextPageToken, totalSize } = await client.listRegisteredModels({
      includeTotalSize: true,
    });
    expect(registeredModels.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(registeredModels[0]).toEqual(registeredModel);
    expect([nextPageToken, totalSize]).toEqual(["", 2n]);
  });

  it.each(["identity", "gzip", "br"])(
    "answers with long records in the encoding that is asked for: %s",
    async (encoding) => {
      const { client, service } = start();
      const readme = "é\n".repeat(100_000);
      await client.createRegisteredModel({ registeredModel: { name: "a", readme } });
      const message = encodeURIComponent('{"name":"a"}');
      const path = `/kserve.versions.v1.VersionRegistry/GetRegisteredModel?connect=v1&encoding=json&message=${message}`;
      const response = await fetch(`${service.url}${path}`, { headers: { "accept-encoding": encoding } });
      expect(response.headers.get("content-encoding")).toBe(encoding === "identity" ? null : encoding);
      expect(response.headers.get("content-type")).toBe("application/json");
      expect(await response.json()).toMatchObject({ registeredModel: { name: "a", readme } });
    },
  );

  it.each(ways)("registers a version and finds it again, by $name", async (way) => {
    const { client } = start(way);
    const registered = await client.registerVersion(registration as never);
    expect(registered.alreadyRegistered).toBe(false);
    expect(registered.registeredModel).toMatchObject({ name: "disk-failure-predictor", state: 1, etag: "1" });
    expect(registered.modelVersion).toMatchObject(registration.modelVersion as object);
    expect(registered.artifacts.map(({ name }) => name)).toEqual(["disk-failure-predictor", "accuracy", "depth"]);
    expect(registered.artifacts[1]?.sort).toMatchObject({ case: "metric", value: { value: 0.97, step: 4n } });

    const again = await client.registerVersion(registration as never);
    expect(again.alreadyRegistered).toBe(true);
    const resolved = await client.resolveVersion({ name: "disk-failure-predictor" });
    expect(resolved.uri).toBe("s3://models/disk/2.1.0");
    expect(resolved.modelVersion?.id).toBe(registered.modelVersion?.id);
    const got = await client.getModelVersion({
      key: { case: "name", value: "2.1.0" },
      registeredModelId: registered.registeredModel!.id,
    });
    expect(got.modelVersion).toEqual(registered.modelVersion);
  });

  it("names the fields of a registration that differ", async () => {
    const { client } = start();
    await client.registerVersion(registration as never);
    const other = { ...registration, modelVersion: { ...registration.modelVersion, description: "Another" } };
    const error = await errorOf(client.registerVersion(other as never));
    expect(partsOf(error)).toMatchObject({
      code: "AlreadyExists",
      reason: "ALREADY_REGISTERED",
      metadata: { model: "disk-failure-predictor", version: "2.1.0", fields: "model_version.description" },
    });
  });

  it("names what is wrong by the fields of the request", async () => {
    const { client } = start();
    const { registeredModel } = await client.createRegisteredModel({ registeredModel: { name: "fraud" } });
    const long = "x".repeat(256);
    const metric = { sort: { case: "metric", value: {} } } as const;
    const badProperty = { "a.b": { value: { case: "intValue", value: 2n ** 40n } } } as const;
    const cases: readonly (readonly [() => Promise<unknown>, readonly string[]])[] = [
      [
        () => client.createRegisteredModel({ registeredModel: { name: long, externalId: long } }),
        ["name", "external_id"],
      ],
      [() => client.createModelVersion({ modelVersion: {} }), ["name", "registered_model_id"]],
      [
        () => client.createModelVersion({ modelVersion: { name: "1", registeredModelId: "x" } }),
        ["registered_model_id"],
      ],
      [() => client.createArtifact({ artifact: {} }), ["sort"]],
      [
        () =>
          client.createArtifact({ artifact: { sort: { case: "modelArtifact", value: { uri: "x".repeat(5000) } } } }),
        ["model_artifact.uri"],
      ],
      [() => client.createArtifact({ artifact: { name: long, ...metric } }), ["metric.value", "name"]],
      [
        () => client.createRegisteredModel({ registeredModel: { name: "x", customProperties: badProperty } }),
        ["custom_properties.a.b.int_value"],
      ],
      [
        () => client.createRegisteredModel({ registeredModel: { name: "x", customProperties: { a: {} } } }),
        ["custom_properties.a"],
      ],
      [
        () =>
          client.createModelVersion({
            modelVersion: { name: "1", registeredModelId: registeredModel!.id, inputFeatures: [{ name: "a", min: 1 }] },
          }),
        ["input_features[0].min"],
      ],
      [
        () =>
          client.updateRegisteredModel({
            registeredModel: { id: registeredModel!.id, externalId: long },
            updateMask: { paths: ["external_id"] },
          }),
        ["external_id"],
      ],
    ];
    const holders = { registeredModel: "registered_model", modelVersion: "model_version", artifact: "artifact" };
    for (const [call, expected] of cases) {
      const error = await errorOf(call());
      const fields = partsOf(error).fields ?? [];
      const bare = fields.map((field) => field.replace(new RegExp(`^(${Object.values(holders).join("|")})\\.`), ""));
      expect.soft(bare, error.rawMessage).toEqual(expected);
      expect.soft(fields, error.rawMessage).not.toEqual(bare);
      for (const field of fields) expect.soft(error.rawMessage).toContain(`${field}: `);
    }
    const whole = await errorOf(
      client.registerVersion({
        registeredModel: { name: "fraud" },
        modelVersion: { name: "1" },
        artifacts: [{ sort: { case: "modelArtifact", value: { uri: "s3://x" } } }, metric],
      }),
    );
    expect(partsOf(whole).fields).toEqual(["artifacts[1].metric.value"]);
    const orphan = await errorOf(client.createModelVersion({ modelVersion: { name: "1", registeredModelId: "77" } }));
    expect(partsOf(orphan)).toMatchObject({
      reason: "RECORD_NOT_FOUND",
      metadata: { kind: "RegisteredModel", id: "77", field: "model_version.registered_model_id" },
    });
  });

  it("changes the fields of the mask, and no other", async () => {
    const { client } = start();
    const { registeredModel } = await client.createRegisteredModel({
      registeredModel: { name: "fraud", owner: "ada", description: "old", state: RegisteredModelState.ARCHIVED },
    });
    const { registeredModel: changed } = await client.updateRegisteredModel({
      registeredModel: { id: registeredModel!.id, description: "new", owner: "eve", etag: registeredModel!.etag },
      updateMask: { paths: ["description"] },
    });
    expect(changed).toMatchObject({ description: "new", owner: "ada", state: 2, etag: "2" });
    const { registeredModel: cleared } = await client.updateRegisteredModel({
      registeredModel: { id: registeredModel!.id },
      updateMask: { paths: ["owner", "state"] },
    });
    expect(cleared).toMatchObject({ description: "new", owner: "", state: 1 });
    const stale = await errorOf(
      client.updateRegisteredModel({
        registeredModel: { id: registeredModel!.id, owner: "eve", etag: "1" },
        updateMask: { paths: ["owner"] },
      }),
    );
    expect(partsOf(stale)).toMatchObject({ code: "Aborted", reason: "RECORD_CHANGED", metadata: { etag: "3" } });
  });

  it.each([
    [[], "names no field"],
    [["colour"], '"colour" is not a field'],
    [["name"], "name"],
  ])("refuses the mask %j", async (paths, words) => {
    const { client } = start();
    const { registeredModel } = await client.createRegisteredModel({ registeredModel: { name: "fraud" } });
    const error = await errorOf(
      client.updateRegisteredModel({ registeredModel: { id: registeredModel!.id, name: "x" }, updateMask: { paths } }),
    );
    expect(partsOf(error)).toMatchObject({ code: "InvalidArgument", reason: "INVALID_REQUEST" });
    expect(error.rawMessage).toContain(words);
  });

  it("lists by page, filter, order and sort of artifact", async () => {
    const { client } = start();
    for (const name of ["a", "b", "c"]) await client.createRegisteredModel({ registeredModel: { name } });
    const first = await client.listRegisteredModels({
      pageSize: 2,
      orderBy: "create_time desc",
      includeTotalSize: true,
    });
    expect(first.registeredModels.map(({ name }) => name)).toEqual(["c", "b"]);
    expect(first.totalSize).toBe(3n);
    const next = { pageSize: 2, orderBy: "create_time desc", pageToken: first.nextPageToken };
    expect((await client.listRegisteredModels(next)).registeredModels.map(({ name }) => name)).toEqual(["a"]);
    const filtered = await client.listRegisteredModels({ filter: 'name IN ("a", "c")' });
    expect(filtered.registeredModels.map(({ name }) => name)).toEqual(["a", "c"]);
    const { modelVersion } = await client.registerVersion(registration as never);
    const ofVersion = { modelVersionId: modelVersion!.id };
    expect((await client.listArtifacts(ofVersion)).artifacts).toHaveLength(3);
    const metrics = await client.listArtifacts({ ...ofVersion, artifactType: ArtifactType.METRIC });
    expect(metrics.artifacts.map(({ name }) => name)).toEqual(["accuracy"]);
  });

  it.each([
    [{ pageSize: -1 }, "INVALID_REQUEST"],
    [{ orderBy: "name" }, "INVALID_REQUEST"],
    [{ orderBy: "id up" }, "INVALID_REQUEST"],
    [{ filter: "name =" }, "INVALID_FILTER"],
    [{ pageToken: "x" }, "INVALID_PAGE_TOKEN"],
  ])("refuses the list %j", async (request, reason) => {
    const { client } = start();
    expect(partsOf(await errorOf(client.listRegisteredModels(request)))).toMatchObject({
      code: "InvalidArgument",
      reason,
    });
  });

  it("lets an alias stand for a version, and move where it is expected to stand", async () => {
    const { client } = start();
    const name = "disk-failure-predictor";
    await client.registerVersion(registration as never);
    const second = { ...registration, modelVersion: { name: "2.2.0" } };
    await client.registerVersion(second as never);
    await client.setAlias({ name, alias: "champion", version: "2.1.0", expectedVersion: "" });
    expect(
      (await client.resolveVersion({ name, selector: { case: "alias", value: "champion" } })).modelVersion?.name,
    ).toBe("2.1.0");
    const moved = await errorOf(
      client.setAlias({ name, alias: "champion", version: "2.2.0", expectedVersion: "2.2.0" }),
    );
    expect(partsOf(moved)).toMatchObject({ code: "Aborted", reason: "ALIAS_MOVED" });
    await client.setAlias({ name, alias: "champion", version: "2.2.0", expectedVersion: "2.1.0" });
    expect((await client.listAliases({ name })).aliases).toMatchObject([{ alias: "champion", version: "2.2.0" }]);
    await client.deleteAlias({ name, alias: "champion" });
    const gone = await errorOf(client.resolveVersion({ name, selector: { case: "alias", value: "champion" } }));
    expect(partsOf(gone)).toMatchObject({ code: "NotFound", reason: "ALIAS_NOT_FOUND" });
  });

  it("puts versions side by side", async () => {
    const { client } = start();
    const name = "disk-failure-predictor";
    await client.registerVersion(registration as never);
    const artifacts = [{ name: "accuracy", sort: { case: "metric", value: { value: 0.5 } } }];
    await client.registerVersion({ ...registration, modelVersion: { name: "2.2.0" }, artifacts } as never);
    const { versions, rows } = await client.compareVersions({
      versions: [
        { name, selector: { case: "version", value: "2.1.0" } },
        { name, selector: { case: "version", value: "2.2.0" } },
      ],
    });
    expect(versions.map(({ modelVersion }) => modelVersion?.name)).toEqual(["2.1.0", "2.2.0"]);
    const accuracy = rows.find((row) => row.name === "accuracy")!;
    expect(accuracy).toMatchObject({ group: ComparisonGroup.METRIC, differs: true });
    expect(accuracy.values?.values.map(({ kind }) => kind.value)).toEqual([0.97, 0.5]);
  });

  it("deletes what nothing refers to", async () => {
    const { client } = start();
    const { registeredModel, modelVersion, artifacts } = await client.registerVersion(registration as never);
    const referenced = await errorOf(client.deleteRegisteredModel({ id: registeredModel!.id }));
    expect(partsOf(referenced)).toMatchObject({ code: "FailedPrecondition", reason: "STILL_REFERENCED" });
    for (const { id } of artifacts) await client.deleteArtifact({ id });
    await client.deleteModelVersion({ id: modelVersion!.id });
    await client.deleteRegisteredModel({ id: registeredModel!.id, etag: registeredModel!.etag });
    const gone = await errorOf(client.getRegisteredModel({ key: { case: "id", value: registeredModel!.id } }));
    expect(partsOf(gone)).toMatchObject({ code: "NotFound", reason: "RECORD_NOT_FOUND" });
  });

  it("leaves an audit line for every write", async () => {
    const { client, service } = start();
    const { registeredModel } = await client.createRegisteredModel({ registeredModel: { name: "fraud" } });
    const { id } = registeredModel!;
    await client.updateRegisteredModel({
      registeredModel: { id, description: "new" },
      updateMask: { paths: ["description"] },
    });
    await client.deleteRegisteredModel({ id });
    const audits = service.log.lines.filter(({ msg }) => msg === "audit");
    expect(audits).toMatchObject([
      { action: "create", kind: "RegisteredModel", id, name: "fraud" },
      { action: "update", id, from: { description: null }, to: { description: "new" } },
      { action: "delete", id },
    ]);
    for (const { requestId } of audits) expect(requestId).toEqual(expect.any(String));
  });

  it("is in health, and is not there without a database", async () => {
    const { health } = start();
    const service = VersionRegistry.typeName;
    expect((await health.check({ service })).status).toBe(Status.SERVING);
    const without = await startRegistry();
    const transport = transportOf(ways[0]!, without.url);
    const error = await errorOf(createClient(VersionRegistry, transport).listRegisteredModels({}));
    expect(partsOf(error)).toMatchObject({ code: "Unimplemented" });
    expect((await errorOf(createClient(Health, transport).check({ service }))).code).toBe(5);
  });
});
