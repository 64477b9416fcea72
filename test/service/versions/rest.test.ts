import { describe, expect, it } from "vitest";
import { type RunningService, startRegistry } from "../../support/running-service.ts";
import { emptiedRegistry } from "./emptied-registry.ts";

const bases = ["/api/model_registry/v1", "/api/model_registry/v1alpha3"] as const;
type Json = Record<string, unknown>;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Json;
}

/** Calls below one of the bases. */
function callsTo({ url }: RunningService, base: string) {
  const send = async (
    method: string,
    path: string,
    body?: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Answer> => {
    const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
    const response = await fetch(`${url}${base}${path}`, {
      method,
      headers: { connection: "close", ...headers },
      ...(text === undefined ? {} : { body: text }),
    });
    const answer = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") && answer !== "";
    const json = isJson ? (JSON.parse(answer) as Json) : {};
    return { status: response.status, headers: response.headers, text: answer, json };
  };
  /** Creates a record, and returns its id. */
  const make = async (path: string, body: unknown): Promise<string> =>
    (await send("POST", path, body)).json.id as string;
  return { send, make };
}

const metric = { artifactType: "metric", name: "accuracy", value: 0.5 };

const codes: Readonly<Record<number, string>> = {
  400: "Bad Request",
  404: "Not Found",
  409: "Conflict",
  422: "Bad Request",
};

/** What is sent, and what is answered. */
const mistakes: readonly (readonly [string, string, unknown, number, string | RegExp])[] = [
  ["POST", "/registered_models", "{", 400, /json: invalid body/],
  ["POST", "/registered_models", "", 400, "unexpected end of JSON input"],
  ["POST", "/registered_models", "[]", 400, "json: cannot read array as an object"],
  ["POST", "/registered_models", {}, 422, "required field 'name' is zero value."],
  ["POST", "/registered_models", { name: "" }, 422, "required field 'name' is zero value."],
  ["POST", "/registered_models", { name: "x", colour: 1 }, 400, 'json: unknown field "colour"'],
  ["POST", "/registered_models", { name: 7 }, 400, "json: cannot unmarshal number into field name of type string"],
  ["POST", "/registered_models", { name: "x", state: "GONE" }, 400, /state/],
  ["POST", "/registered_models", { name: "x".repeat(256) }, 400, /255/],
  ["POST", "/registered_models", { name: "a\0b" }, 400, /NUL/],
  // A document may leave fields out so; a body has a schema.
  ...[{ labels: "" }, { labels: null }, { threshold: "" }, { comparison: "", threshold: 1 }, { shape: null }, ""].map(
    (outputFormat) =>
      [
        "POST",
        "/model_versions",
        { name: "1", registeredModelId: "1", outputFormat },
        400,
        /^outputFormat(\.\w+)?: expected /,
      ] as const,
  ),
  ["POST", "/registered_models", { name: "taken" }, 409, "registered model with name taken already exists: conflict"],
  [
    "POST",
    "/registered_models",
    { name: "x", customProperties: { k: { int_value: "1" } } },
    400,
    "metadataType not found for k",
  ],
  [
    "POST",
    "/registered_models",
    { name: "x", customProperties: { k: { metadataType: "MetadataIntValue", int_value: "9999999999" } } },
    400,
    /k/,
  ],
  ["PATCH", "/registered_models/1", { name: "other" }, 400, 'json: unknown field "name"'],
  ["GET", "/registered_models/x", undefined, 400, /^invalid registered model ID: x .*: bad request$/],
  ["GET", `/registered_models/${"9".repeat(30)}`, undefined, 400, /^invalid registered model ID/],
  ["GET", "/registered_models/77", undefined, 404, "no registered model found for id 77: not found"],
  ["GET", "/inference_services/77", undefined, 404, "no InferenceService found for id 77: not found"],
  ["GET", "/model_versions/77", undefined, 404, "no model version found for id 77: not found"],
  ["GET", "/artifacts/77", undefined, 404, "no artifact found for id 77: not found"],
  [
    "GET",
    "/registered_model",
    undefined,
    400,
    "invalid parameters call, supply either name or externalId: bad request",
  ],
  [
    "GET",
    "/model_version?name=x",
    undefined,
    400,
    "invalid parameters call, supply either (name and parentResourceId), or externalId: bad request",
  ],
  [
    "GET",
    "/model_version?name=x&parentResourceId=1",
    undefined,
    404,
    "no model versions found for name=x, parentResourceId=1, externalId=: not found",
  ],
  ["GET", "/registered_models?filterQuery=name+%3D", undefined, 400, /^invalid filter query syntax: /],
  ["GET", "/registered_models?nextPageToken=x&pageSize=1", undefined, 400, /^invalid nextPageToken: .*: bad request$/],
  ["GET", "/registered_models?pageSize=x", undefined, 400, /pageSize/],
  ["GET", "/registered_models?filterQuery=%00", undefined, 400, /NUL/],
  ["GET", "/artifacts?artifactType=x", undefined, 400, /^invalid artifact type, must be either ModelArtifact/],
  ["POST", "/artifacts", { name: "x" }, 400, /artifactType/],
  ["POST", "/artifacts", { artifactType: "metric", name: "x" }, 400, "metric value is required: bad request"],
  [
    "POST",
    "/model_versions",
    { name: "1", registeredModelId: "77" },
    404,
    "no registered model found for id 77: not found",
  ],
  ["POST", "/model_versions", { name: "1" }, 422, "required field 'registeredModelId' is zero value."],
  [
    "POST",
    "/inference_services",
    { servingEnvironmentId: "1" },
    422,
    "required field 'registeredModelId' is zero value.",
  ],
  [
    "POST",
    "/serving_environments/1/inference_services",
    { registeredModelId: "1" },
    422,
    "required field 'servingEnvironmentId' is zero value.",
  ],
  ["GET", "/serving_environments/77", undefined, 404, "no serving environment found for id 77: not found"],
  ["GET", "/model_artifacts/77", undefined, 404, "no model artifact found for id 77: not found"],
  [
    "GET",
    "/artifact?name=x",
    undefined,
    400,
    "invalid parameters call, supply either (artifactName and parentResourceId), or externalId: bad request",
  ],
  [
    "GET",
    "/registered_model?externalId=x",
    undefined,
    404,
    "no registered models found for name=, externalId=x: not found",
  ],
  [
    "GET",
    "/registered_models?filterQuery=name+%3E+5",
    undefined,
    400,
    /^invalid filter query, type mismatch or invalid value in comparison: bad request/,
  ],
  ["GET", `/registered_models?filterQuery=${"a".repeat(9000)}`, undefined, 400, /^invalid filter query syntax: /],
  ["GET", `/registered_models?filterQuery=${"(".repeat(1100)}a%3D1`, undefined, 400, /^invalid filter query syntax: /],
  ["POST", "/registered_models/1/versions", { id: 7, name: "x" }, 400, /cannot unmarshal number into field id/],
  ["POST", "/registered_models/1/versions", { id: "x", name: "x" }, 400, /^invalid model version ID: x /],
  ["PUT", "/registered_models/1/aliases/champion", {}, 422, "required field 'modelVersionId' is zero value."],
  ["PUT", "/registered_models/1/aliases/champion", { modelVersionId: "x" }, 400, /^invalid model version ID: x /],
  ["PUT", "/registered_models/1/aliases/champion", { modelVersionId: "77" }, 404, /77/],
  ["DELETE", "/inference_services/1/serves/x", undefined, 400, /^invalid serve model ID: x /],
];

describe.each(bases)("the registry of versions over REST at %s", (base) => {
  const emptied = emptiedRegistry();
  const start = () => callsTo(emptied(), base);

  it("creates, reads, changes and deletes a record", async () => {
    const { send } = start();
    const properties = {
      stage: { metadataType: "MetadataStringValue", string_value: "production" },
      builds: { metadataType: "MetadataIntValue", int_value: "12" },
      settings: { metadataType: "MetadataStructValue", struct_value: "eyJhIjogMX0=" },
      report: { metadataType: "MetadataProtoValue", type: "t", proto_value: "AQI=" },
    };
    const created = await send("POST", "/registered_models", {
      name: "fraud",
      owner: "ada",
      customProperties: properties,
    });
    expect(created.status).toBe(201);
    expect(created.headers.get("content-type")).toBe("application/json; charset=UTF-8");
    expect(created.json).toEqual({
      id: "1",
      name: "fraud",
      owner: "ada",
      state: "LIVE",
      customProperties: properties,
      createTimeSinceEpoch: expect.stringMatching(/^\d{13}$/),
      lastUpdateTimeSinceEpoch: created.json.createTimeSinceEpoch,
    });
    const archived = await send("PATCH", "/registered_models/1", { state: "ARCHIVED" });
    expect(archived.json).toMatchObject({ state: "ARCHIVED", owner: "ada", customProperties: properties });
    const described = await send("PATCH", "/registered_models/1", { description: "d", owner: null });
    expect(described.json).toMatchObject({ state: "ARCHIVED", owner: "ada", description: "d" });
    expect((await send("GET", "/registered_models/1")).json).toEqual(described.json);
    expect((await send("DELETE", "/registered_models/1")).status).toBe(204);
    expect((await send("GET", "/registered_models/1")).status).toBe(404);
  });

  it("finds by names that are equal to the letter", async () => {
    const { send } = start();
    for (const name of ["my_model", "my-model", "my%", "o'brien"]) await send("POST", "/registered_models", { name });
    const find = async (query: string) => (await send("GET", `/registered_model?${query}`)).json.name;
    expect(await find("name=my_model")).toBe("my_model");
    expect(await find("name=my%25")).toBe("my%");
    expect(await find("name=o'brien")).toBe("o'brien");
    expect((await send("GET", "/registered_model?name=my%25x")).json).toEqual({
      code: "Not Found",
      message: "no registered models found for name=my%x, externalId=: not found",
    });
  });

  it("keeps artifacts of every sort below a version", async () => {
    const { send, make } = start();
    const model = await make("/registered_models", { name: "m" });
    const version = await make(`/registered_models/${model}/versions`, { name: "1", registeredModelId: "999" });
    expect((await send("GET", `/model_versions/${version}`)).json.registeredModelId).toBe(model);
    const path = `/model_versions/${version}/artifacts`;
    const sorts: readonly (readonly [Json, number])[] = [
      [{ artifactType: "model-artifact", name: "files", uri: "s3://x", unknown: 1 }, 201],
      [{ artifactType: "doc-artifact", uri: "https://x" }, 201],
      [{ artifactType: "dataset-artifact", name: "data", digest: "d" }, 200],
      [{ ...metric, step: 3, timestamp: "1700000000000" }, 200],
      [{ artifactType: "parameter", name: "depth", value: "3" }, 200],
    ];
    for (const [body, status] of sorts) expect((await send("POST", path, body)).status).toBe(status);
    const list = (await send("GET", path)).json;
    expect(list).toMatchObject({ size: 5, pageSize: 0, nextPageToken: "" });
    const items = list.items as Json[];
    expect(items.map(({ artifactType }) => artifactType)).toEqual(sorts.map(([{ artifactType }]) => artifactType));
    expect(items[0]).toMatchObject({ state: "UNKNOWN", uri: "s3://x" });
    expect(items[3]?.step).toBe(base.endsWith("alpha3") ? 3 : "3");
    expect(items[4]).toMatchObject({ parameterType: "string", state: "UNKNOWN" });
    // A metric of a name that is there is changed in place.
    const again = await send("POST", path, { ...metric, value: 0.75 });
    expect(again.json).toMatchObject({ id: items[3]?.id, value: 0.75 });
    expect((await send("GET", `${path}?artifactType=metric`)).json).toMatchObject({ size: 1 });
    const clash = await send("PATCH", `/artifacts/${items[0]?.id}`, { artifactType: "metric", value: 1 });
    expect(clash.json.message).toBe(
      "cannot change artifact type from 'model-artifact' to 'metric': artifact type is immutable",
    );
    expect((await send("GET", `/model_artifacts/${items[3]?.id}`)).status).toBe(404);
  });

  it("says what an inference service serves", async () => {
    const { send, make } = start();
    const model = await make("/registered_models", { name: "m" });
    const environment = await make("/serving_environments", { name: "e" });
    const first = await make("/model_versions", { name: "1", registeredModelId: model });
    const ids = { registeredModelId: model, servingEnvironmentId: environment };
    const service = await send("POST", `/serving_environments/${environment}/inference_services`, ids);
    expect(service.json).toMatchObject({ desiredState: "DEPLOYED", name: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    const path = `/inference_services/${service.json.id}`;
    expect((await send("GET", `${path}/model`)).json.id).toBe(model);
    expect((await send("GET", `${path}/version`)).json.id).toBe(first);
    const serve = await send("POST", `${path}/serves`, { modelVersionId: first });
    expect(serve.json).toMatchObject({ lastKnownState: "UNKNOWN", modelVersionId: first });
    const gated = { hf_gated: { metadataType: "MetadataStringValue", string_value: "auto" } };
    const second = await make("/model_versions", { name: "2", registeredModelId: model, customProperties: gated });
    expect((await send("POST", `${path}/serves`, { modelVersionId: second })).status).toBe(400);
    expect((await send("GET", `${path}/serves?name=${serve.json.name}`)).json.size).toBe(1);
    expect((await send("GET", `${path}/serves?filterQuery=name+%3D`)).status).toBe(400);
    // A version that was deployed stays, until the record of it is gone.
    expect((await send("DELETE", `/model_versions/${first}`)).status).toBe(409);
    const other = await send("POST", `/serving_environments/${environment}/inference_services`, ids);
    expect((await send("DELETE", `/inference_services/${other.json.id}/serves/${serve.json.id}`)).status).toBe(404);
    expect((await send("DELETE", `${path}/serves/${serve.json.id}`)).status).toBe(204);
    expect((await send("GET", `${path}/serves`)).json.size).toBe(0);
  });

  it("pages, counts and sends everything", async () => {
    const { send } = start();
    for (const name of ["a", "b", "c"]) await send("POST", "/registered_models", { name });
    const names = ({ items }: Json) => (items as Json[]).map(({ name }) => name);
    const first = (
      await send("GET", "/registered_models?pageSize=2&orderBy=CREATE_TIME&sortOrder=DESC&includeTotal=true")
    ).json;
    expect(first).toMatchObject({ pageSize: 2, size: 2, totalSize: 3 });
    expect(names(first)).toEqual(["c", "b"]);
    const token = encodeURIComponent(first.nextPageToken as string);
    const next = await send(
      "GET",
      `/registered_models?pageSize=2&orderBy=CREATE_TIME&sortOrder=DESC&nextPageToken=${token}`,
    );
    expect(next.json).toMatchObject({ size: 1, nextPageToken: "" });
    for (const query of ["", "?pageSize=0", "?pageSize=-1", "?nextPageToken=", "?other=1&other=2", "?pageSize=5000"]) {
      expect(names((await send("GET", `/registered_models${query}`)).json)).toEqual(["a", "b", "c"]);
    }
    expect((await send("GET", "/model_versions")).json).toEqual({ items: [], nextPageToken: "", pageSize: 0, size: 0 });
    expect((await send("GET", "/registered_models/99/versions")).json.size).toBe(0);
    expect((await send("GET", "/registered_models?orderBy=NAME")).status).toBe(base.endsWith("alpha3") ? 200 : 400);
  });

  it("writes records of a megabyte as they are, alone and in lists", async () => {
    const { send } = start();
    const text = 'x🙂日\n"'.repeat(36_000);
    const note = { metadataType: "MetadataStringValue", string_value: "é🙂".repeat(20_000) };
    const long = { readme: text, logo: text.slice(1), owner: "ada", customProperties: { note } };
    const made: Json[] = [];
    for (const name of ["a", "b", "c"]) {
      const { status, json } = await send("POST", "/registered_models", name === "b" ? { name } : { name, ...long });
      expect([status, json]).toEqual([201, expect.objectContaining(name === "b" ? { name } : { name, ...long })]);
      made.push(json);
    }
    expect((await send("GET", `/registered_models/${made[0]!.id}`)).json).toEqual(made[0]);
    expect((await send("GET", "/registered_models")).json.items).toEqual(made);
    const paged: Json[] = [];
    let token = "";
    do {
      const { json } = await send("GET", `/registered_models?pageSize=10&nextPageToken=${encodeURIComponent(token)}`);
      paged.push(...(json.items as Json[]));
      token = json.nextPageToken as string;
    } while (token !== "");
    expect(paged).toEqual(made);
  });

  it("answers what is wrong in the words that clients know", async () => {
    const { send } = start();
    await send("POST", "/registered_models", { name: "taken" });
    for (const [method, path, body, status, message] of mistakes) {
      const { json, headers, ...answer } = await send(method, path, body);
      const said = `${method} ${path} ${JSON.stringify(body)}`;
      const words = typeof message === "string" ? message : expect.stringMatching(message);
      expect.soft([answer.status, json.message], said).toEqual([status, words]);
      expect.soft(json.code, said).toBe(codes[status]);
      expect.soft(headers.get("x-error-reason"), said).toMatch(/^[A-Z_]+$/);
    }
  });

  it("finds none where several match, and says so", async () => {
    const { send } = start();
    for (const artifactType of ["model-artifact", "doc-artifact"]) {
      await send("POST", "/artifacts", { artifactType, name: "twin", modelVersionId: "" });
    }
    await send("POST", "/registered_models", { name: "m" });
    await send("POST", "/model_versions", { name: "1", registeredModelId: "1" });
    for (const artifactType of ["model-artifact", "doc-artifact"]) {
      await send("POST", "/model_versions/1/artifacts", { artifactType, name: "twin" });
    }
    const found = await send("GET", "/artifact?name=twin&parentResourceId=1");
    expect([found.status, found.json]).toEqual([
      404,
      {
        code: "Not Found",
        message: "multiple artifacts found for name=twin, parentResourceId=1, externalId=: not found",
      },
    ]);
  });

  it("answers what is not there with text", async () => {
    const { send } = start();
    for (const path of ["/nothing", "/registered_models/"]) {
      const answer = await send("GET", path);
      expect([answer.status, answer.headers.get("content-type")]).toEqual([404, "text/plain; charset=utf-8"]);
      expect(answer.text).toMatch(/^404 page not found/);
    }
    const put = await send("PUT", "/registered_models", {});
    expect([put.status, put.headers.get("allow")]).toEqual([405, "GET, HEAD, POST"]);
  });

  it("rejects a change of a record that has changed since it was read", async () => {
    const { send } = start();
    const created = await send("POST", "/registered_models", { name: "m" });
    const etag = created.headers.get("etag")!;
    const change = (description: string, match: string) =>
      send("PATCH", "/registered_models/1", { description }, { "if-match": match });
    expect((await change("a", etag)).status).toBe(200);
    const late = await change("b", etag);
    expect([late.status, late.headers.get("x-error-reason")]).toEqual([412, "RECORD_CHANGED"]);
    expect((await change("c", "*")).status).toBe(200);
    expect((await change("d", 'W/"2"')).status).toBe(412);
    const none = await change("e", "2");
    expect([none.status, none.json.message]).toEqual([
      400,
      'if-match: expected the etag of the record, such as "3", or *: bad request',
    ]);
    expect((await send("DELETE", "/registered_models/1", undefined, { "if-match": etag })).status).toBe(412);
  });

  it("keeps aliases, and what they stand for", async () => {
    const { send, make } = start();
    const model = await make("/registered_models", { name: "m" });
    const other = await make("/registered_models", { name: "o" });
    const version = await make("/model_versions", { name: "1", registeredModelId: model });
    const foreign = await make("/model_versions", { name: "1", registeredModelId: other });
    const path = `/registered_models/${model}/aliases`;
    expect((await send("PUT", `${path}/champion`, { modelVersionId: version })).json).toMatchObject({
      alias: "champion",
      modelVersionId: version,
    });
    const moved = await send("PUT", `${path}/champion`, { modelVersionId: version, expectedModelVersionId: null });
    expect([moved.status, moved.headers.get("x-error-reason")]).toEqual([409, "ALIAS_MOVED"]);
    expect((await send("PUT", `${path}/champion`, { modelVersionId: foreign })).status).toBeGreaterThanOrEqual(400);
    expect((await send("GET", path)).json).toMatchObject({ size: 1 });
    expect((await send("DELETE", `/model_versions/${version}`)).status).toBe(409);
    expect((await send("DELETE", `${path}/champion`)).status).toBe(204);
    expect((await send("DELETE", `${path}/champion`)).status).toBe(404);
  });

  it("takes writes from programs and its own pages alone", async () => {
    const { send } = start();
    const sites: readonly (readonly [Record<string, string>, number])[] = [
      [{ origin: "https://evil.example" }, 403],
      [{ origin: "null" }, 403],
      [{ "sec-fetch-site": "cross-site" }, 403],
      [{ "sec-fetch-site": "same-origin" }, 201],
    ];
    for (const [headers, status] of sites) {
      expect((await send("POST", "/registered_models", { name: "m" }, headers)).status, JSON.stringify(headers)).toBe(
        status,
      );
    }
  });
});

describe("the alpha version", () => {
  const [v1, alpha] = bases;
  const start = async (day: string) =>
    await startRegistry({ env: { DATABASE_URL: "sqlite::memory:", MR_ALPHA_SUNSET_DATE: day } });

  it("says when it ends, and ends then", async () => {
    const { send } = callsTo(await start("2099-04-29"), alpha);
    const { headers } = await send("GET", "/registered_models");
    expect(headers.get("deprecation")).toBe("true");
    expect(headers.get("sunset")).toBe("Wed, 29 Apr 2099 00:00:00 GMT");
    expect(headers.get("link")).toBe('</api/model_registry/v1/>; rel="successor-version"');
    const ended = await start("2020-04-29");
    expect((await callsTo(ended, alpha).send("GET", "/registered_models")).status).toBe(410);
    const { send: next } = callsTo(ended, v1);
    expect((await next("GET", "/registered_models")).headers.get("sunset")).toBeNull();
  });

  it("keeps no experiments, and says so", async () => {
    const { send } = callsTo(await start(""), alpha);
    for (const path of ["/experiments", "/experiment_runs/metric_history", "/experiments/1/experiment_runs"]) {
      const answer = await send("GET", path);
      expect([answer.status, answer.json.code]).toEqual([501, "Not Implemented"]);
    }
  });
});
