/** Clients of every language, with the library of gRPC that its users have, all asked the same. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { makeAuthority } from "../../support/certificates.ts";
import {
  answer,
  type Behaviour,
  type FakeUpstream,
  hang,
  predict,
  startFakeUpstream,
} from "../../support/fake-upstream.ts";
import { until } from "../../support/until.ts";
import type { Background } from "../support/background.ts";
import { cacheDir } from "../support/paths.ts";
import { startRegistry } from "../support/registry-server.ts";
import { diskFailure, driverOf, install, writeTypedContract } from "./builds.ts";
import { chosenLanguages, type Language } from "./chosen.ts";
import { type Driver, startDriver } from "./driver.ts";

const minutes = 60_000;
const languages = chosenLanguages();
/** What a test waits for at most: the machine may be busy. */
const limitMs = 60_000;
const patient = { startTimeoutMs: limitMs };

let upstream: FakeUpstream;
let registry: Background;

/** Answers with the instances themselves. */
const echo: Behaviour = {
  run(exchange) {
    const { instances } = JSON.parse(exchange.request.body.toString()) as { instances: unknown[] };
    predict(instances).run(exchange);
  },
};

/** Answers with as many lists within each other as the first instance says. */
const nested: Behaviour = {
  run(exchange) {
    const { instances } = JSON.parse(exchange.request.body.toString()) as { instances: number[] };
    answer(200, `{"predictions":${listsOf(instances[0]!)}}`).run(exchange);
  },
};

function listsOf(depth: number): string {
  return `${"[".repeat(depth)}7${"]".repeat(depth)}`;
}

/** How many lists within each other every library decodes: a message may lie some hundred deep, and each list is two. */
const deepestLists = 45;

function models(...more: object[]): object[] {
  const named = ["echo", "nested", "slow", "not-ready", "sleepy"].map((name) => ({
    name,
    service: name,
    type: "predictive",
  }));
  return [...named, { service: "disk", ...diskFailure }, ...more].map((model) => ({ url: upstream.url, ...model }));
}

const names = ["disk-failure-predictor", "echo", "nested", "not-ready", "sleepy", "slow"];

beforeAll(async () => {
  upstream = await startFakeUpstream();
  upstream.onPredict("echo", echo);
  upstream.onPredict("nested", nested);
  upstream.onPredict("slow", hang());
  upstream.onPredict("not-ready", answer(503, { error: "not ready" }));
  upstream.onPredict("disk-failure-predictor", {
    run(exchange) {
      const { instances } = JSON.parse(exchange.request.body.toString()) as { instances: number[][] };
      predict(instances.map(([used = 0]) => ({ failure_probability: used / 100 }))).run(exchange);
    },
  });
  registry = await startRegistry("registry-languages", models(), { MAX_REQUEST_SIZE: "32MiB" }, patient);
  await install(languages);
  writeTypedContract();
}, 15 * minutes);

afterAll(async () => {
  await registry.stop();
  await upstream.close();
});

/** Where a library differs from the others by its own design. */
const differences: Readonly<Partial<Record<Language, { tooLarge: string; tooLate?: readonly string[] }>>> = {
  // Answers are compressed, and grpc-java notices as it unpacks them: "Failed to read message".
  java: { tooLarge: "CANCELLED" },
  // tonic refuses what it decodes, not what it receives; and its own clock, where it is first, says CANCELLED.
  rust: { tooLarge: "OUT_OF_RANGE", tooLate: ["CANCELLED", "DEADLINE_EXCEEDED"] },
};

describe.each(languages)("a client in %s", (language) => {
  let driver: Driver;
  const ask: Driver["ask"] = (op, fields) => driver.ask(op, { address: registry.address, ...fields });
  const codeOf = async (op: string, fields: object): Promise<string | undefined> =>
    (await ask(op, { ...fields })).error?.code;

  beforeAll(async () => {
    driver = startDriver(await driverOf[language]());
    // What a library loads and compiles with its first call takes a while on a busy machine.
    await ask("list", { deadlineMs: 5 * minutes });
  }, 30 * minutes);

  afterAll(() => driver?.stop());
  afterEach(() => upstream.onReadiness("sleepy", answer(200, { name: "sleepy", ready: true })));

  it(
    "lists and gets",
    async () => {
      expect(await ask("list", {})).toEqual({ models: names });
      expect(await ask("get", { name: "echo" })).toEqual({ name: "echo", url: upstream.url });
    },
    limitMs,
  );

  it.each([
    [
      "instances",
      {
        predictions: [
          [1, 2.5],
          [3, -4],
        ],
      },
    ],
    ["tensor", { tensor: { shape: [2, 2], values: [1, 2.5, 3, -4] } }],
  ])(
    "predicts with %s",
    async (form, expected) => {
      expect(
        await ask("predict", {
          name: "echo",
          form,
          rows: [
            [1, 2.5],
            [3, -4],
          ],
        }),
      ).toEqual(expected);
    },
    limitMs,
  );

  it(
    "predicts with a body",
    async () => {
      const { body } = (await ask("predict", {
        name: "echo",
        form: "body",
        rows: [
          [1, 2.5],
          [3, -4],
        ],
      })) as { body: string };
      expect(JSON.parse(body)).toEqual({
        predictions: [
          [1, 2.5],
          [3, -4],
        ],
      });
    },
    limitMs,
  );

  it(
    "predicts rows of objects and of text",
    async () => {
      const rows = [{ name: "größe", cells: [true, null, "x"] }];
      expect(await ask("predict", { name: "echo", form: "instances", rows })).toEqual({ predictions: rows });
    },
    limitMs,
  );

  it(
    "decodes an answer as deep as there may be, and is advised to take a deeper one as body",
    async () => {
      const predict = (depth: number, form: string) => ask("predict", { name: "nested", form, rows: [depth] });
      const { predictions, depth = JSON.stringify(predictions).lastIndexOf("[") + 1 } = await predict(
        deepestLists,
        "instances",
      );
      expect(depth).toBe(deepestLists);
      expect((await predict(deepestLists + 1, "instances")).error).toMatchObject({
        code: "INTERNAL",
        reason: "MODEL_BAD_ANSWER",
        message: expect.stringContaining("use body"),
      });
      const { body } = (await predict(deepestLists + 1, "body")) as { body: string };
      expect(body).toBe(`{"predictions":${listsOf(deepestLists + 1)}}`);
    },
    limitMs,
  );

  it(
    "reads what is wrong with a row",
    async () => {
      const rows = [{ disk_utilization: 101, iops: "many" }];
      expect(await ask("predict", { name: diskFailure.name, form: "instances", rows })).toEqual({
        error: {
          code: "INVALID_ARGUMENT",
          // Fields of an object have no order in protobuf.
          message: expect.stringMatching(/^instances\[0\]\.\w+: .* \(and 2 more\)$/),
          reason: "INVALID_INSTANCE",
          violations: expect.arrayContaining([
            { field: "instances[0].disk_utilization", description: "101 is above the limit of 100" },
            { field: "instances[0].iops", description: 'expected a whole number; found "many"' },
            { field: "instances[0].disk_age_days", description: "is missing" },
          ]),
          retryDelayMs: null,
        },
      });
    },
    limitMs,
  );

  it(
    "reads an error whose details are many, and keeps its connection",
    async () => {
      const rows = Array.from({ length: 50 }, () => ["wrong", "wrong", "wrong"]);
      const { error } = await ask("predict", { name: diskFailure.name, form: "instances", rows });
      expect(error).toMatchObject({ code: "INVALID_ARGUMENT", reason: "INVALID_INSTANCE" });
      expect(error!.violations.length).toBeGreaterThan(0);
      expect(error!.violations[0]!.field).toMatch(/^instances\[0\]\./);
    },
    limitMs,
  );

  it(
    "reads words with every printable character",
    async () => {
      const { error } = await ask("get", { name: "100% of: models; größe" });
      expect(error!.code).toBe("INVALID_ARGUMENT");
      expect(error!.message).not.toMatch(/%(?:3A|3B|20|2C)/i);
    },
    limitMs,
  );

  it(
    "reads when to try again",
    async () => {
      const { error } = await ask("predict", { name: "not-ready", form: "instances", rows: [[1]] });
      expect(error).toMatchObject({ code: "UNAVAILABLE", reason: "MODEL_NOT_READY" });
      expect(error!.retryDelayMs).toBeGreaterThan(0);
    },
    limitMs,
  );

  it(
    "gives up at its deadline, and the model is not asked any more",
    async () => {
      const before = upstream.predictions.length;
      const code = await codeOf("predict", { name: "slow", form: "instances", rows: [[1]], deadlineMs: 1_000 });
      expect(differences[language]?.tooLate ?? ["DEADLINE_EXCEEDED"]).toContain(code);
      await until(() => upstream.predictions.length > before, "the model is asked", limitMs);
      await until(() => upstream.predictions[before]!.disconnected(), "the call to the model ends", limitMs);
    },
    limitMs,
  );

  it(
    "cancels, and so is the call to the model",
    async () => {
      const before = upstream.predictions.length;
      expect(await codeOf("predict", { name: "slow", form: "instances", rows: [[1]], cancelMs: 1_000 })).toBe(
        "CANCELLED",
      );
      await until(() => upstream.predictions.length > before, "the model is asked", limitMs);
      await until(() => upstream.predictions[before]!.disconnected(), "the call to the model ends", limitMs);
    },
    limitMs,
  );

  it(
    "tries four times where its retry policy says so",
    async () => {
      const asked = () => upstream.predictions.filter(({ path }) => path.includes("not-ready")).length;
      const before = asked();
      expect(await codeOf("predict", { name: "not-ready", form: "instances", rows: [[1]], attempts: 4 })).toBe(
        "UNAVAILABLE",
      );
      expect(asked() - before).toBe(4);
    },
    limitMs,
  );

  it(
    "calls once where it has no retry policy",
    async () => {
      const asked = () => upstream.predictions.filter(({ path }) => path.includes("not-ready")).length;
      const before = asked();
      expect(await codeOf("predict", { name: "not-ready", form: "instances", rows: [[1]] })).toBe("UNAVAILABLE");
      expect(asked() - before).toBe(1);
    },
    limitMs,
  );

  it.each([
    ["the registry", "kserve.registry.v1.ModelRegistry"],
    ["a model", "echo"],
    ["a typed service", "kserve.models.disk_failure_predictor.v1.DiskFailurePredictor"],
  ])(
    "calls once the health of %s is SERVING",
    async (_, service) => {
      expect(await ask("serving", { service })).toEqual({ models: names });
    },
    limitMs,
  );

  it(
    "does not call while the health of a model is not SERVING",
    async () => {
      upstream.onReadiness("sleepy", answer(503, { name: "sleepy", ready: false }));
      const checks = () => upstream.checks.filter(({ path }) => path.includes("sleepy")).length;
      const before = checks();
      await until(() => checks() > before, "the model is found not ready", limitMs);
      const code = await codeOf("serving", { service: "sleepy", deadlineMs: 4_000 });
      expect(["DEADLINE_EXCEEDED", "UNAVAILABLE"]).toContain(code);
      upstream.onReadiness("sleepy", answer(200, { name: "sleepy", ready: true }));
      expect(await ask("serving", { service: "sleepy" })).toEqual({ models: names });
    },
    limitMs,
  );

  it(
    "sends and receives 20 MB",
    async () => {
      const bytes = 20_000_000;
      const answered = await ask("echo", { name: "echo", bytes, deadlineMs: limitMs });
      expect(answered).toEqual({ bytes: '{"predictions":[""]}'.length + bytes });
    },
    limitMs,
  );

  it(
    "receives at most 4 MiB unless it is set otherwise",
    async () => {
      const { error } = await ask("echo", { name: "echo", bytes: 5_000_000, maxReceivedBytes: 0, deadlineMs: limitMs });
      expect(error).toMatchObject({ code: differences[language]?.tooLarge ?? "RESOURCE_EXHAUSTED" });
    },
    limitMs,
  );

  it(
    "calls a typed service",
    async () => {
      const rows = [
        { disk_utilization: 95, iops: 5000, disk_age_days: 1000.5 },
        { disk_utilization: 5, iops: 1, disk_age_days: 0 },
      ];
      expect(await ask("typed", { rows })).toEqual({ values: [0.95, 0.05] });
      const wrong = [{ disk_utilization: 101, iops: 1, disk_age_days: 0 }];
      expect((await ask("typed", { rows: wrong })).error).toMatchObject({
        code: "INVALID_ARGUMENT",
        violations: [{ field: "instances[0].disk_utilization", description: "101 is above the limit of 100" }],
      });
    },
    limitMs,
  );

  it(
    "calls over TLS, with HTTP/2 by ALPN",
    async () => {
      const folder = join(cacheDir, "languages/tls");
      mkdirSync(folder, { recursive: true });
      const authority = makeAuthority(folder, "authority");
      const { certFile, keyFile } = authority.issue("localhost", "DNS:localhost,IP:127.0.0.1");
      const secure = await startRegistry(
        "registry-languages-tls",
        models(),
        { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile },
        { ...patient, readyLine: "Listening" },
      );
      try {
        expect(await ask("list", { address: secure.address, authorities: authority.file })).toEqual({ models: names });
      } finally {
        await secure.stop();
      }
    },
    limitMs,
  );

  it(
    "keeps its mirror over a restart of the service",
    async () => {
      const mirror = async () => (await ask("mirror", {})).models;
      const before = await startRegistry("registry-languages-watch", models(), {}, patient);
      await ask("follow", { address: before.address });
      await until(async () => (await mirror())?.join() === names.join(), "the mirror has all models", limitMs);
      await before.stop();
      expect(await mirror()).toEqual(names);

      // Models of a file are there a moment after the service listens.
      const file = join(cacheDir, "languages", `models-${language}.json`);
      writeFileSync(file, JSON.stringify({ models: models({ name: "added", service: "a", type: "anomaly" }) }));
      const port = Number(new URL(before.url).port);
      const started = startRegistry(
        "registry-languages-watch",
        [],
        { KSERVE_MODEL_REGISTRY: "", KSERVE_MODELS_FILE: file },
        { ...patient, port },
      );
      const all = ["added", ...names].join();
      const mirrored = new Set<string | undefined>();
      const listed = new Set<string | undefined>();
      try {
        await until(
          async () => {
            const list = await ask("list", { address: before.address });
            listed.add(list.error?.code ?? list.models?.join());
            mirrored.add((await mirror())?.join());
            return listed.has(all) && mirrored.has(all);
          },
          "the mirror has the new model",
          2 * limitMs,
        );
      } finally {
        await (await started).stop();
      }
      // Never none of the models, and never a part of them for all.
      expect([...mirrored]).toEqual([names.join(), all]);
      expect([...listed].filter((answered) => answered !== "UNAVAILABLE")).toEqual([all]);
    },
    3 * limitMs,
  );
});
