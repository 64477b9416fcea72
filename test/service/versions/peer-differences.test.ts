/** Where Kubeflow's own server is known to be wrong, one test for each, in both versions of the API. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ChildService, startChildService } from "../../support/child-service.ts";

type Json = Record<string, unknown>;

let service: ChildService;
beforeAll(async () => {
  service = await startChildService({ env: { DATABASE_URL: "sqlite::memory:", MAX_REQUEST_SIZE: "1MiB" } });
});
afterAll(() => service?.close());

let next = 0;
/** A name that nothing else here has. */
const unique = (stem = "record") => `${stem}-${next++}`;

describe.each(["v1", "v1alpha3"])("unlike Kubeflow's server, %s", (version) => {
  const isAlpha = version === "v1alpha3";

  async function send(method: string, path: string, body?: unknown) {
    const response = await fetch(`${service.url}/api/model_registry/${version}${path}`, {
      method,
      headers: { connection: "close" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: (text.startsWith("{") ? JSON.parse(text) : {}) as Json };
  }

  const make = async (path: string, body: Json): Promise<Json> => {
    const { status, json } = await send("POST", path, body);
    expect(status, JSON.stringify(json)).toBeLessThan(300);
    return json;
  };
  const makeModel = (more: Json = {}) => make("/registered_models", { name: unique("model"), ...more });
  const makeVersion = async (more: Json = {}) =>
    make("/model_versions", { name: unique("version"), registeredModelId: (await makeModel()).id, ...more });
  const namesOf = async (path: string, query: Record<string, string>): Promise<unknown[]> => {
    const { status, json } = await send("GET", `${path}?${new URLSearchParams(query)}`);
    expect(status, JSON.stringify(json)).toBe(200);
    return (json.items as Json[]).map(({ name }) => name);
  };

  /** A service, its environment and a serve of it. */
  async function makeServed() {
    const { id: registeredModelId } = await makeModel();
    const { id: servingEnvironmentId } = await make("/serving_environments", { name: unique("environment") });
    const { id: modelVersionId } = await make("/model_versions", { name: "1", registeredModelId });
    const ids = { registeredModelId, servingEnvironmentId };
    const inferenceService = await make("/inference_services", { name: unique("service"), ...ids });
    const serve = await make(`/inference_services/${inferenceService.id}/serves`, {
      name: unique("serve"),
      modelVersionId,
    });
    return { ...ids, modelVersionId, inferenceService, serve };
  }

  it("finds by names that are equal to the letter, without patterns", async () => {
    const stem = unique("my");
    await make("/registered_models", { name: `${stem}-model` });
    expect((await send("GET", `/registered_model?name=${stem}_model`)).status).toBe(404);
    expect((await send("GET", "/registered_model?name=%25")).status).toBe(404);
  });

  it("leaves a state unchanged if a PATCH does not name it", async () => {
    const { inferenceService, serve, modelVersionId, registeredModelId } = await makeServed();
    const artifact = await make("/artifacts", { artifactType: "model-artifact", name: unique() });
    const rows: readonly (readonly [string, string, string, Json])[] = [
      [`/registered_models/${registeredModelId}`, "state", "ARCHIVED", {}],
      [`/model_versions/${modelVersionId}`, "state", "ARCHIVED", {}],
      [`/inference_services/${inferenceService.id}`, "desiredState", "UNDEPLOYED", {}],
      [`/artifacts/${artifact.id}`, "state", "LIVE", { artifactType: "model-artifact" }],
    ];
    for (const [path, field, value, sort] of rows) {
      expect((await send("PATCH", path, { ...sort, [field]: value })).json[field]).toBe(value);
      expect((await send("PATCH", path, { ...sort, description: "d" })).json[field]).toBe(value);
    }
    expect(serve.lastKnownState).toBe("UNKNOWN");
  });

  it("loses and repeats no row where times are equal", async () => {
    const stem = unique("paged");
    await Promise.all(Array.from({ length: 12 }, (_, i) => make("/registered_models", { name: `${stem}-${i}` })));
    for (const orderBy of ["CREATE_TIME", "LAST_UPDATE_TIME"]) {
      const seen: unknown[] = [];
      for (let nextPageToken = ""; ; ) {
        const query = { pageSize: "5", orderBy, nextPageToken, filterQuery: `name LIKE "${stem}-%"` };
        const { json } = await send("GET", `/registered_models?${new URLSearchParams(query)}`);
        seen.push(...(json.items as Json[]).map(({ name }) => name));
        nextPageToken = json.nextPageToken as string;
        if (nextPageToken === "") break;
      }
      expect(seen.length).toBe(12);
      expect(new Set(seen).size).toBe(12);
    }
  });

  it("gives a struct back as the base64 that was sent, which can be sent again", async () => {
    const customProperties = {
      settings: { metadataType: "MetadataStructValue", struct_value: Buffer.from('{"a":[1,"b"]}').toString("base64") },
    };
    const model = await makeModel({ customProperties });
    expect(model.customProperties).toEqual(customProperties);
    const path = `/registered_models/${model.id}`;
    const again = await send("PATCH", path, { customProperties: model.customProperties });
    expect([again.status, again.json.customProperties]).toEqual([200, customProperties]);
  });

  it("keeps and returns values of protobuf messages", async () => {
    const customProperties = { report: { metadataType: "MetadataProtoValue", type: "a.B", proto_value: "AQID" } };
    expect((await makeModel({ customProperties })).customProperties).toEqual(customProperties);
  });

  it("sends defaults of artifacts of every sort, and refuses a state that is none", async () => {
    const { id } = await makeVersion();
    const path = `/model_versions/${id}/artifacts`;
    expect(await make(path, { artifactType: "parameter", name: "p" })).toMatchObject({
      state: "UNKNOWN",
      parameterType: "string",
    });
    for (const field of ["state", "parameterType"]) {
      const { status, json } = await send("POST", path, { artifactType: "parameter", name: "q", [field]: "SOLD" });
      expect([status, json.message]).toEqual([400, expect.stringContaining(`${field}: expected one of`)]);
    }
  });

  it("refuses versions, services and serves of what is not there, and keeps no orphans", async () => {
    const { servingEnvironmentId, registeredModelId, inferenceService } = await makeServed();
    const rows: readonly (readonly [string, Json])[] = [
      ["/model_versions", { name: unique(), registeredModelId: "999999" }],
      ["/registered_models/999999/versions", { name: unique(), registeredModelId: "1" }],
      ["/inference_services", { registeredModelId: "999999", servingEnvironmentId }],
      ["/inference_services", { registeredModelId, servingEnvironmentId: "999999" }],
      [`/inference_services/${inferenceService.id}/serves`, { modelVersionId: "999999" }],
      ["/model_versions/999999/artifacts", { artifactType: "doc-artifact" }],
    ];
    for (const [path, body] of rows) expect.soft((await send("POST", path, body)).status, path).toBe(404);
    // What others refer to stays.
    expect((await send("DELETE", `/registered_models/${registeredModelId}`)).status).toBe(409);
  });

  it("applies filters on every list, and refuses those that are wrong", async () => {
    const { inferenceService, serve, servingEnvironmentId } = await makeServed();
    const artifact = await make("/model_artifacts", { name: unique("artifact") });
    const environment = (await send("GET", `/serving_environments/${servingEnvironmentId}`)).json;
    const lists: readonly (readonly [string, unknown])[] = [
      ["/inference_services", inferenceService.name],
      ["/serving_environments", environment.name],
      ["/model_artifacts", artifact.name],
      [`/inference_services/${inferenceService.id}/serves`, serve.name],
    ];
    for (const [path, name] of lists) {
      expect.soft(await namesOf(path, { filterQuery: `name = "${name}"` })).toEqual([name]);
      expect.soft(await namesOf(path, { filterQuery: 'name = "nobody"' })).toEqual([]);
      expect.soft((await send("GET", `${path}?filterQuery=name+%3D`)).status).toBe(400);
    }
  });

  it("takes name and external id on the lists below services and environments", async () => {
    const { inferenceService, serve, servingEnvironmentId } = await makeServed();
    for (const [path, name] of [
      [`/inference_services/${inferenceService.id}/serves`, serve.name],
      [`/serving_environments/${servingEnvironmentId}/inference_services`, inferenceService.name],
    ] as const) {
      expect.soft(await namesOf(path, { name: String(name) })).toEqual([name]);
      expect.soft(await namesOf(path, { name: "nobody" })).toEqual([]);
      expect.soft(await namesOf(path, { externalId: "nobody" })).toEqual([]);
    }
  });

  it("takes quotes in the name of a list", async () => {
    const { id } = await makeModel();
    await make("/model_versions", { name: "o'brien", registeredModelId: id });
    expect(await namesOf(`/registered_models/${id}/versions`, { name: "o'brien" })).toEqual(["o'brien"]);
  });

  it("takes <> for not equal", async () => {
    const stem = unique("unequal");
    for (const end of ["a", "b"]) await make("/registered_models", { name: `${stem}-${end}` });
    const filterQuery = `name LIKE "${stem}-%" AND name <> "${stem}-a"`;
    expect(await namesOf("/registered_models", { filterQuery })).toEqual([`${stem}-b`]);
  });

  it("compares the bare names of children", async () => {
    const { id } = await makeModel();
    for (const name of ["1.0", "x1.0", "2.0"]) await make("/model_versions", { name, registeredModelId: id });
    const path = `/registered_models/${id}/versions`;
    expect(await namesOf(path, { filterQuery: 'name = "1.0"' })).toEqual(["1.0"]);
    expect(await namesOf(path, { filterQuery: 'name != "1.0"' })).toEqual(["x1.0", "2.0"]);
    expect(await namesOf(path, { filterQuery: 'name IN ("2.0", "1.0")' })).toEqual(["1.0", "2.0"]);
    expect(await namesOf(path, { filterQuery: 'name ILIKE "X1%"' })).toEqual(["x1.0"]);
  });

  it("compares the state of artifacts by name, and times as numbers", async () => {
    const { id } = await makeVersion();
    const path = `/model_versions/${id}/artifacts`;
    await make(path, { artifactType: "model-artifact", name: "files", state: "LIVE" });
    await make(path, { artifactType: "metric", name: "m", value: 1, timestamp: "1700000000000" });
    expect(await namesOf(path, { filterQuery: 'state IN ("LIVE", "PENDING")' })).toEqual(["files"]);
    expect(await namesOf(path, { filterQuery: 'state LIKE "UNK%"' })).toEqual(["m"]);
    const metrics = { artifactType: "metric", filterQuery: "timestamp >= 1700000000000" };
    expect(await namesOf(path, metrics)).toEqual(["m"]);
    expect(await namesOf(path, { ...metrics, filterQuery: "timestamp > 1700000000000" })).toEqual([]);
  });

  it("filters by every field that holds one value", async () => {
    const provider = unique("provider");
    const model = await makeModel({ provider, description: `by ${provider}` });
    expect(await namesOf("/registered_models", { filterQuery: `provider = "${provider}"` })).toEqual([model.name]);
    expect(await namesOf("/registered_models", { filterQuery: `description LIKE "%${provider}"` })).toEqual([
      model.name,
    ]);
  });

  it("tells a custom property from the field of the same name by its typed suffix", async () => {
    const owner = unique("owner");
    const text = { metadataType: "MetadataStringValue", string_value: owner };
    const custom = await makeModel({ customProperties: { owner: text } });
    const own = await makeModel({ owner });
    expect(await namesOf("/registered_models", { filterQuery: `owner = "${owner}"` })).toEqual([own.name]);
    expect(await namesOf("/registered_models", { filterQuery: `owner.string_value = "${owner}"` })).toEqual([
      custom.name,
    ]);
  });

  it("refuses a name of more than 255 characters with 400 and without SQL", async () => {
    const { status, json } = await send("POST", "/registered_models", { name: "x".repeat(256) });
    expect([status, json.message]).toEqual([400, "name: 256 characters; at most 255"]);
    // Characters, and not bytes.
    expect((await send("POST", "/registered_models", { name: unique() + "\u{1f600}".repeat(230) })).status).toBe(201);
  });

  it("names what clashes as it was given", async () => {
    const { id } = await makeModel();
    const body = { name: "1", registeredModelId: id };
    await make("/model_versions", body);
    const { status, json } = await send("POST", "/model_versions", body);
    expect([status, json.message]).toEqual([409, "model version with name 1 already exists: conflict"]);
  });

  it("writes the step of a metric as its version says, and takes both", async () => {
    const { id } = await makeVersion();
    for (const step of [3, "3"]) {
      const body = { artifactType: "metric", name: unique(), value: 1, step };
      expect((await make(`/model_versions/${id}/artifacts`, body)).step).toBe(isAlpha ? 3 : "3");
    }
  });

  it("refuses an order that is none in v1 alone", async () => {
    expect((await send("GET", "/registered_models?orderBy=COLOUR")).status).toBe(isAlpha ? 200 : 400);
  });

  it("bounds bodies, and lets no page of another site write", async () => {
    const large = await send("POST", "/registered_models", { name: unique(), readme: "x".repeat(1_100_000) });
    expect(large.status).toBe(413);
    const response = await fetch(`${service.url}/api/model_registry/${version}/registered_models`, {
      method: "POST",
      headers: { origin: "https://evil.example", "content-type": "text/plain", connection: "close" },
      body: JSON.stringify({ name: unique() }),
    });
    expect(response.status).toBe(403);
  });
});
