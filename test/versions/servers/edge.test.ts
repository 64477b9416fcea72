import { createClient } from "@connectrpc/connect";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Health, HealthCheckResponse_ServingStatus as Status } from "../../../gen/grpc/health/v1/health_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import type { ServerOptions } from "../../../src/versions/database-options.ts";
import { errorOf, partsOf } from "../../support/error-details.ts";
import { model, startRegistry } from "../../support/running-service.ts";
import { transportOf, ways } from "../../support/ways.ts";
import type { DatabaseServer } from "./database-server.ts";
import { newMysqlDatabase, startMariadb } from "./mysql-server.ts";
import { newPostgresDatabase, startPostgres } from "./postgres-server.ts";

const servers = [
  { name: "PostgreSQL", start: () => startPostgres("newer"), newDatabase: newPostgresDatabase },
  { name: "MariaDB", start: () => startMariadb(), newDatabase: newMysqlDatabase },
];
const service = VersionRegistry.typeName;

function addressOf({ kind, user, host, port, database }: ServerOptions): string {
  return `${kind}://${user}@${host}:${port}/${database}`;
}

/** The two edges, RPC and REST, over a real port, on database servers: what they add to the store is the same as on SQLite. */
describe.each(servers)("the server on $name", ({ start, newDatabase }) => {
  let database: DatabaseServer;
  let options: ServerOptions;
  beforeAll(async () => {
    database = await start();
    options = await newDatabase(database);
  });
  afterAll(() => database.stop());

  const connect = async (env: Readonly<Record<string, string>> = {}) => {
    const { url } = await startRegistry({ env: { DATABASE_URL: addressOf(options), ...env } });
    const transport = transportOf(ways[0]!, url);
    const rest = async (method: string, path: string, body?: object, headers: Record<string, string> = {}) => {
      const response = await fetch(`${url}/api/model_registry/v1${path}`, {
        method,
        headers: { connection: "close", ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      return { status: response.status, headers: response.headers, json: text.startsWith("{") ? JSON.parse(text) : {} };
    };
    const predict = async (): Promise<number> => {
      const body = '{"instances":[[1,2]]}';
      const headers = { connection: "close" };
      const response = await fetch(`${url}/v1/models/${model}:predict`, { method: "POST", body, headers });
      await response.arrayBuffer();
      return response.status;
    };
    return { client: createClient(VersionRegistry, transport), health: createClient(Health, transport), rest, predict };
  };

  it("registers by RPC what REST reads, changes, pages through and filters", async () => {
    const { client, health, rest } = await connect();
    expect((await health.check({ service })).status).toBe(Status.SERVING);
    const registration = {
      registeredModel: { name: "disk's “failure” 💥" },
      modelVersion: {
        name: "1",
        customProperties: { builds: { value: { case: "intValue", value: 12n } } },
      },
      artifacts: [
        { sort: { case: "modelArtifact", value: { uri: "s3://models/1" } } },
        { name: "accuracy", sort: { case: "metric", value: { value: 0.97 } } },
      ],
    } as never;
    const { registeredModel, modelVersion } = await client.registerVersion(registration);
    expect((await client.registerVersion(registration)).alreadyRegistered).toBe(true);
    const name = "disk's “failure” 💥";
    await client.setAlias({ name, alias: "champion", version: "1" });
    const resolved = await client.resolveVersion({ name, selector: { case: "alias", value: "champion" } });
    expect(resolved.modelVersion?.id).toBe(modelVersion!.id);
    expect(resolved.uri).toBe("s3://models/1");

    const found = await rest("GET", `/registered_model?name=${encodeURIComponent("disk's “failure” 💥")}`);
    expect(found).toMatchObject({ status: 200, json: { id: registeredModel!.id } });
    const path = `/registered_models/${registeredModel!.id}`;
    const etag = (await rest("GET", path)).headers.get("etag")!;
    const changed = await rest("PATCH", path, { owner: "ada" }, { "if-match": etag });
    expect(changed).toMatchObject({ status: 200, json: { owner: "ada" } });
    expect((await rest("PATCH", path, { owner: "eve" }, { "if-match": etag })).status).toBe(412);
    expect((await rest("POST", "/registered_models", { name: "disk's “failure” 💥" })).status).toBe(409);
    expect((await rest("DELETE", path)).status).toBe(409);

    for (const name of ["a", "b", "c"]) expect((await rest("POST", "/registered_models", { name })).status).toBe(201);
    const first = await rest("GET", "/registered_models?pageSize=3&orderBy=CREATE_TIME&includeTotal=true");
    expect(first.json).toMatchObject({ size: 3, totalSize: 4 });
    const next = await rest(
      "GET",
      `/registered_models?pageSize=3&orderBy=CREATE_TIME&nextPageToken=${first.json.nextPageToken}`,
    );
    expect([...first.json.items, ...next.json.items].map(({ name }: { name: string }) => name)).toEqual([
      "disk's “failure” 💥",
      ...["a", "b", "c"],
    ]);
    expect((await rest("GET", "/registered_models")).json.items).toHaveLength(4);
    const filter = encodeURIComponent("builds = 12 AND name = '1'");
    expect((await rest("GET", `/model_versions?filterQuery=${filter}`)).json.items).toMatchObject([{ name: "1" }]);
  });

  it("answers predictions while the database hangs, and says so of the registry of versions", async () => {
    const { client, health, predict } = await connect({ DATABASE_STATEMENT_TIMEOUT: "60s" });
    await client.createRegisteredModel({ registeredModel: { name: "kept" } });
    database.pause();
    let ended = 0;
    // More than the pool has connections, some of which are held by nobody but the database.
    const held = Array.from({ length: 24 }, () =>
      client.listRegisteredModels({}, { timeoutMs: 30_000 }).then(
        () => ended++,
        () => ended++,
      ),
    );
    try {
      for (let i = 0; i < 100; i++) expect(await predict()).toBe(200);
      // One at least is with the database, which says nothing; the others may have learnt that no connection is free.
      expect(ended).toBeLessThan(held.length);
      const error = await errorOf(client.listRegisteredModels({}, { timeoutMs: 300 }));
      expect(["DeadlineExceeded", "Unavailable"]).toContain(partsOf(error).code);
    } finally {
      database.resume();
    }
    await Promise.all(held);
    await expect
      .poll(() =>
        client.listRegisteredModels({}).then(
          ({ registeredModels }) => registeredModels.length,
          () => 0,
        ),
      )
      .toBeGreaterThan(0);
    expect((await health.check({ service })).status).toBe(Status.SERVING);
  });

  it("serves predictions while the database is unavailable, and recovers by itself", async () => {
    const { client, health, rest, predict } = await connect();
    await database.kill();
    const error = await errorOf(client.listRegisteredModels({}));
    expect(partsOf(error)).toMatchObject({ code: "Unavailable", reason: "DATABASE_UNAVAILABLE" });
    const answer = await rest("GET", "/registered_models");
    expect([answer.status, Number(answer.headers.get("retry-after"))]).toEqual([503, expect.any(Number)]);
    expect((await health.check({ service })).status).toBe(Status.NOT_SERVING);
    expect((await health.check({ service: "" })).status).toBe(Status.SERVING);
    for (let i = 0; i < 100; i++) expect(await predict()).toBe(200);
    await database.start();
    await expect.poll(async () => (await health.check({ service })).status, { timeout: 30_000 }).toBe(Status.SERVING);
    expect((await rest("GET", "/registered_models")).status).toBe(200);
  });
});
