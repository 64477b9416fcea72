import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { ServerOptions } from "../../../src/versions/database-options.ts";
import { openVersionStore } from "../../../src/versions/open-store.ts";
import type { VersionStore } from "../../../src/versions/ports.ts";
import { startStallingProxy } from "../support/stalling-proxy.ts";
import { unique } from "../support/store-under-test.ts";
import type { DatabaseServer } from "./database-server.ts";
import { newMysqlDatabase, queryMysql, startMariadb } from "./mysql-server.ts";
import { newPostgresDatabase, queryPostgres, startPostgres } from "./postgres-server.ts";

const writes = process.env.VERSIONS_LONG === "1" ? 10_000 : 1000;
const callers = 16;

const servers = [
  {
    name: "PostgreSQL",
    start: () => startPostgres("debian"),
    newDatabase: newPostgresDatabase,
    query: queryPostgres,
    /** Statements of a session that keep all others away from the models, and how many statements are running. */
    hold: ["begin", "lock table kmr_registered_model in access exclusive mode", "select pg_sleep(2)", "rollback"],
    running:
      "select count(*) as n from pg_stat_activity where state = 'active' and query like '%kmr_registered_model%' and pid <> pg_backend_pid()",
  },
  {
    name: "MariaDB",
    start: () => startMariadb(),
    newDatabase: newMysqlDatabase,
    query: queryMysql,
    hold: ["lock tables kmr_registered_model write", "select sleep(2)", "unlock tables"],
    running:
      "select count(*) as n from information_schema.processlist where command in ('Query', 'Execute') and info like '%kmr_registered_model%' and id <> connection_id()",
  },
];

describe.each(servers)("$name", ({ start, newDatabase, query, hold, running }) => {
  let server: DatabaseServer;
  let options: ServerOptions;
  let store: VersionStore;
  beforeAll(async () => {
    server = await start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    options = await newDatabase(server);
    store = await openVersionStore(options);
  });
  afterEach(() => store.close());

  it(`keeps what it acknowledged when it is killed during ${writes} registrations, and is used again by itself`, {
    timeout: 300_000,
  }, async () => {
    const acknowledged: string[] = [];
    const refused: unknown[] = [];
    let next = 0;
    let killed: Promise<void> | undefined;
    const caller = async () => {
      while (next < writes) {
        const name = `model-${next++}`;
        const metric = { kind: "metric", fields: { name: "accuracy", value: 1 } } as const;
        try {
          await store.registerVersion({
            model: { fields: { name } },
            version: { fields: { name: "1" } },
            artifacts: [metric],
          });
          acknowledged.push(name);
        } catch (error) {
          refused.push(error);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        if (acknowledged.length >= writes / 4) killed ??= server.kill().then(() => server.start());
      }
    };
    await Promise.all(Array.from({ length: callers }, caller));
    await killed;
    expect(refused.length).toBeGreaterThan(0);
    for (const error of refused) expect(error).toMatchObject({ reason: "DATABASE_UNAVAILABLE" });

    await expect.poll(() => store.status().state, { timeout: 30_000 }).toBe("ready");
    const found = new Map<string, string>();
    for await (const batch of store.stream("registeredModel", {}))
      for (const { id, name } of batch) found.set(name, id);
    expect([...found.keys()]).toEqual(expect.arrayContaining(acknowledged));
    // What was not acknowledged is whole or absent.
    const owners = new Map<string, string>();
    for await (const batch of store.stream("modelVersion", {})) {
      for (const { id, fields } of batch) owners.set(fields.registeredModelId as string, id);
    }
    const withMetric = new Set<unknown>();
    for await (const batch of store.stream("metric", {}))
      for (const { fields } of batch) withMetric.add(fields.modelVersionId);
    for (const id of found.values()) expect(withMetric.has(owners.get(id))).toBe(true);
  });

  it("refuses calls at once while it is away, and takes them when it is back", { timeout: 120_000 }, async () => {
    const { id } = await store.create("registeredModel", { fields: { name: unique() } });
    await server.kill();
    await expect(store.get("registeredModel", { id })).rejects.toMatchObject({ reason: "DATABASE_UNAVAILABLE" });
    expect(store.status()).toMatchObject({ state: "away" });
    await expect(store.get("registeredModel", { id })).rejects.toMatchObject({
      reason: "DATABASE_UNAVAILABLE",
      data: { why: "away", retryAfterMs: expect.any(Number) },
    });
    const late = await openVersionStore(options);
    expect(late.status().state).toBe("away");
    expect(late.status().message).not.toContain("password");
    await server.start();
    await expect
      .poll(() => [store.status().state, late.status().state], { timeout: 60_000 })
      .toEqual(["ready", "ready"]);
    expect(await late.get("registeredModel", { id })).toEqual(await store.get("registeredModel", { id }));
    await late.close();
  });

  it("ends a call at its deadline while the network is silent, and continues", async () => {
    const proxy = await startStallingProxy(options.port);
    onTestFinished(() => proxy.close());
    const slow = await openVersionStore({ ...options, port: proxy.port, poolSize: 2 });
    const { id } = await slow.create("registeredModel", { fields: { name: unique() } });
    proxy.stall();
    const reason = new Error("the deadline");
    const until = () => {
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), 200);
      return { signal: controller.signal };
    };
    const calls = [
      slow.get("registeredModel", { id }, until()),
      slow.update("registeredModel", id, { fields: { owner: "x" } }, until()),
      slow.list("registeredModel", { pageSize: 1 }, until()),
    ];
    for (const { reason: why } of (await Promise.allSettled(calls)) as PromiseRejectedResult[])
      expect(why).toBe(reason);
    proxy.flow();
    await expect
      .poll(async () => (await slow.get("registeredModel", { id }).catch(() => undefined))?.id, { timeout: 30_000 })
      .toBe(id);
    await slow.close();
  });

  it("says so when all connections are in use, and ends what nobody waits for", async () => {
    const small = await openVersionStore({ ...options, poolSize: 2, connectTimeoutMs: 500 });
    const { id } = await small.create("registeredModel", { fields: { name: unique() } });
    const holding = holdModels(options, hold, query);
    await holding.begun;
    const controller = new AbortController();
    const first = [1, 2].map(() => small.get("registeredModel", { id }, { signal: controller.signal }));
    await expect(small.get("registeredModel", { id })).rejects.toMatchObject({
      reason: "DATABASE_UNAVAILABLE",
      data: { why: "busy" },
    });
    expect(small.status().state).toBe("ready");
    controller.abort(new Error("left"));
    for (const call of first) await expect(call).rejects.toThrow("left");
    await expect.poll(async () => Number((await query(options, running))[0]!.n), { timeout: 10_000 }).toBe(0);
    await holding.ended;
    expect((await small.get("registeredModel", { id })).id).toBe(id);
    await small.close();
  });

  it("tries a transaction again that was in the way of another", async () => {
    // A server looks for deadlocks once in a second, for as long as which the others wait.
    const patient = await openVersionStore({ ...options, connectTimeoutMs: 30_000 });
    const models = await Promise.all(
      [1, 2, 3, 4].map(() => store.create("registeredModel", { fields: { name: unique() } })),
    );
    const records = models.map((model) => ({ ...model, fields: { name: model.name }, properties: {} }));
    const rounds = Array.from({ length: 4 }, (_, i) => patient.import(i % 2 === 0 ? records : records.toReversed()));
    await Promise.all(rounds);
    expect(await store.count("registeredModel", {})).toBe(4);
    await patient.close();
  });

  it("refuses a wrong database without a word of the password", async () => {
    const lines: string[] = [];
    const wrong = { ...options, database: "nowhere", password: "s3cret" };
    const away = await openVersionStore(wrong, { log: (line) => lines.push(line) });
    expect(away.status()).toMatchObject({ state: "away", message: expect.stringMatching(/nowhere|Access denied/) });
    expect(JSON.stringify([away.status(), lines])).not.toContain("s3cret");
    await away.close();
  });
});

/** Keeps all others away from the models for a while, over a connection of its own. */
function holdModels(options: ServerOptions, statements: readonly string[], query: typeof queryPostgres) {
  const text = statements.join("; ");
  let ended: Promise<unknown>;
  const begun = (async () => {
    ended = query(options, text);
    await new Promise((resolve) => setTimeout(resolve, 500));
  })();
  return { begun, ended: begun.then(() => ended) };
}
