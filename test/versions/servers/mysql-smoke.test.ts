import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freePort } from "../../../measure/free-port.ts";
import type { ServerOptions } from "../../../src/versions/database-options.ts";
import { openVersionStore } from "../../../src/versions/open-store.ts";
import type { VersionStore } from "../../../src/versions/ports.ts";
import { sampleProperties } from "../support/sample-records.ts";

const program = join(import.meta.dirname, "../../../.cache/versions/go-mysql-server");

/**
 * go-mysql-server, which speaks MySQL 8 from memory. It knows no collation that tells names apart to the letter and undoes no
 * transaction whole, so that this is a look at whether the statements are MySQL's, and no more.
 */
describe.skipIf(!existsSync(program))("what speaks MySQL 8", () => {
  let stop: () => Promise<void>;
  let store: VersionStore;
  beforeAll(async () => {
    const port = await freePort();
    const child = spawn(program, [String(port), "records"], { stdio: "ignore" });
    stop = async () => {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    };
    const options: ServerOptions = {
      ...{ kind: "mysql", host: "127.0.0.1", port, database: "records", user: "root", tls: undefined },
      ...{ poolSize: 4, connectTimeoutMs: 5000, statementTimeoutMs: 30_000 },
    };
    // Tries by itself until the server listens.
    store = await openVersionStore(options);
  });
  afterAll(async () => {
    await stop();
    await store.close();
  });

  it("is taken for MySQL, and migrated", async () => {
    await expect
      .poll(() => store.status(), { timeout: 30_000 })
      .toMatchObject({
        state: "ready",
        database: { kind: "mysql", version: expect.stringMatching(/^8\./) },
        schema: { applied: 1, known: 1 },
      });
  });

  it("registers, reads, changes, filters, pages and deletes", async () => {
    const { model, version } = await store.registerVersion({
      model: { fields: { name: "fraud" }, properties: sampleProperties },
      version: { fields: { name: "1" } },
      artifacts: [
        { kind: "modelArtifact", fields: { uri: "s3://models/1" } },
        { kind: "metric", fields: { name: "accuracy", value: 0.97 } },
      ],
    });
    expect(await store.get("registeredModel", { name: "fraud" })).toEqual(model);
    expect((await store.resolveVersion({ model: { name: "fraud" } })).uri).toBe("s3://models/1");
    const changed = await store.update("registeredModel", model.id, { fields: { owner: "ada" } });
    expect(changed).toMatchObject({ revision: 2, fields: { owner: "ada" } });
    await expect(store.create("registeredModel", { fields: { name: "fraud" } })).rejects.toMatchObject({
      reason: "ALREADY_EXISTS",
    });
    for (const name of ["a", "b", "c"])
      await store.create("modelVersion", { fields: { name, registeredModelId: model.id } });
    const where = { registeredModelId: model.id };
    const first = await store.list("modelVersion", { where, orderBy: "CREATE_TIME", pageSize: 3 });
    const rest = await store.list("modelVersion", {
      ...{ where, orderBy: "CREATE_TIME", pageSize: 3 },
      pageToken: first.nextPageToken,
    });
    expect([...first.records, ...rest.records].map(({ name }) => name)).toEqual(["1", "a", "b", "c"]);
    expect(await store.count("registeredModel", { filter: "yes = true AND owner = 'ada'" })).toBe(1);
    await store.setAlias({ registeredModelId: model.id, alias: "champion", modelVersionId: version.id });
    expect(await store.listAliases(model.id)).toMatchObject([{ alias: "champion", version: "1" }]);
    const metric = await store.get("metric", { name: "accuracy", parentId: version.id });
    await store.delete("metric", metric.id);
    await expect(store.get("metric", { id: metric.id })).rejects.toMatchObject({ reason: "NOT_FOUND" });
  });
});
