import { describe, expect, it, onTestFinished } from "vitest";
import { parseModelEntry } from "../../src/registry/model-entry.ts";
import { modelKey } from "../../src/registry/model-key.ts";
import type { Predictor } from "../../src/registry/ports.ts";
import type { Readiness } from "../../src/registry/readiness.ts";
import { Registry } from "../../src/registry/registry.ts";
import { ReadinessChecker } from "../../src/upstream/readiness-checker.ts";
import { applyEntries } from "../support/apply-entries.ts";
import { namespace } from "../support/running-service.ts";
import { until } from "../support/until.ts";

/** A checker of so many models, whose servers are a function. */
function startChecker(
  count: number,
  options: {
    readonly intervalMs?: number;
    readonly answers?: () => Promise<void>;
    readonly readiness?: () => Readiness;
  } = {},
) {
  const registry = new Registry({ urlFormat: "http://{service}", defaultPort: undefined });
  const apply = (names: readonly string[], fields: object = {}): void =>
    applyEntries(
      registry,
      "environment",
      names.map((name) => ({
        entry: parseModelEntry({ name, service: name, type: "anomaly", ...fields }, namespace).entry!,
        location: name,
      })),
    );
  apply(Array.from({ length: count }, (_, i) => `model-${i}`));
  const world = { asked: [] as string[], underWay: 0, most: 0, closes: new Set<boolean>() };
  const predictor = {
    async checkReadiness({ name }, _cancellation, closes = false) {
      world.asked.push(name);
      world.closes.add(closes);
      world.most = Math.max(world.most, ++world.underWay);
      await options.answers?.();
      world.underWay--;
      return options.readiness?.() ?? { state: "ready", reason: "", checkTime: new Date() };
    },
  } as Pick<Predictor, "checkReadiness"> as Predictor;
  const checker = new ReadinessChecker({
    registry,
    predictor,
    intervalMs: options.intervalMs ?? 1000,
    timeoutMs: 60_000,
  });
  onTestFinished(() => checker.stop());
  return { registry, checker, world, apply };
}

describe("the readiness checks of models", () => {
  it("ask every model once before any model twice, and keep connections for the next time", async () => {
    const { world, registry } = startChecker(20, { intervalMs: 60_000 });
    await until(() => world.asked.length >= 20);
    expect(new Set(world.asked).size).toBe(20);
    await until(() => registry.snapshot.keys.every((key) => registry.readiness(key).state === "ready"));
    expect(world.closes).toEqual(new Set([false]));
  });

  it("go round and round", async () => {
    const { world } = startChecker(3, { intervalMs: 30 });
    await until(() => world.asked.length >= 12);
    for (const name of ["model-0", "model-1", "model-2"]) {
      expect(world.asked.filter((asked) => asked === name).length).toBeGreaterThanOrEqual(3);
    }
  });

  it("keep no connections of very many models", async () => {
    const { world } = startChecker(501);
    await until(() => world.asked.length > 0);
    expect(world.closes).toEqual(new Set([true]));
  });

  it("ask a new model before it is its turn", async () => {
    const { world, apply } = startChecker(2, { intervalMs: 3_600_000 });
    await until(() => world.asked.length === 2);
    apply(["model-0", "model-1", "late"]);
    await until(() => world.asked.includes("late"));
    expect(world.asked).toHaveLength(3);
  });

  it("ask a model again that goes to another address, and not for a new description", async () => {
    const { world, apply } = startChecker(1, { intervalMs: 3_600_000 });
    await until(() => world.asked.length === 1);
    apply(["model-0"], { description: "new" });
    apply(["model-0", "later"], { description: "new" });
    await until(() => world.asked.includes("later"));
    apply(["model-0", "later"], { description: "new", url: "http://elsewhere" });
    await until(() => world.asked.length === 4);
    expect(world.asked.toSorted()).toEqual(["later", "later", "model-0", "model-0"]);
  });

  it("ask a model again whose InferenceService says something else", async () => {
    const { world, registry } = startChecker(1, { intervalMs: 3_600_000 });
    await until(() => registry.readiness(modelKey("model-0", namespace)).state === "ready");
    const discovery = { kind: "discovery", name: "discovery", cluster: "" } as const;
    const facts = {
      namespace,
      name: "model-0",
      url: undefined,
      state: "not-ready",
      reason: "failed",
    } as const;
    registry.apply(discovery, { entries: [], refused: [], inferenceServices: [facts] });
    expect(registry.readiness(modelKey("model-0", namespace)).reason).toBe("failed");
    await until(() => world.asked.length === 2);
  });

  it("are one question for all who ask at the same time", async () => {
    let answer = (): void => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { checker, world } = startChecker(1, { intervalMs: 0, answers: () => answered });
    const all = [
      checker.probe(modelKey("model-0", namespace)),
      checker.check(modelKey("model-0", namespace), 0),
      checker.probe(modelKey("model-0", namespace)),
    ];
    answer();
    await Promise.all(all);
    expect(world.asked).toEqual(["model-0"]);
    expect(await all[0]).toMatchObject({ state: "ready" });
    expect(await checker.probe(modelKey("no-such-model", namespace))).toMatchObject({ state: "unreachable" });
  });

  it("do not pile up behind servers that do not answer", async () => {
    const { world } = startChecker(400, { answers: () => new Promise(() => {}) });
    await until(() => world.underWay === 256);
    expect(world.most).toBe(256);
  });

  it.each<[string, Partial<Readiness>, string]>([
    ["does not know the question", { state: "not-ready", unanswered: true }, "ready"],
    ["says that it is not ready", { state: "not-ready" }, "not-ready"],
    ["cannot be reached", { state: "unreachable" }, "unreachable"],
  ])("count less than a good prediction of a server that %s", async (_title, answer, later) => {
    const readiness = (): Readiness => ({ state: "ready", reason: "why", checkTime: new Date(), ...answer });
    const { checker, registry } = startChecker(1, { intervalMs: 0, readiness });
    await checker.probe(modelKey("model-0", namespace));
    expect(registry.readiness(modelKey("model-0", namespace)).state).toBe(answer.state);
    checker.notePrediction(registry.get("model-0")!);
    expect(registry.readiness(modelKey("model-0", namespace)).state).toBe("ready");
    await checker.probe(modelKey("model-0", namespace));
    expect(registry.readiness(modelKey("model-0", namespace)).state).toBe(later);
  });

  it("forget a good prediction when the entry of the model changes", async () => {
    const readiness = (): Readiness => ({ state: "not-ready", reason: "404", checkTime: new Date(), unanswered: true });
    const { checker, registry, apply } = startChecker(1, { intervalMs: 0, readiness });
    checker.notePrediction(registry.get("model-0")!);
    apply(["model-0"], { model: "other" });
    await checker.probe(modelKey("model-0", namespace));
    expect(registry.readiness(modelKey("model-0", namespace)).state).toBe("not-ready");
  });

  it("leave a model alone that may be asleep, unless it is probed", async () => {
    const { checker, registry, world } = startChecker(2, { intervalMs: 20 });
    const discovery = { kind: "discovery", name: "discovery", cluster: "" } as const;
    const service = {
      namespace,
      name: "model-0",
      url: undefined,
      state: "ready",
      reason: "",
      scalesToZero: true,
    } as const;
    registry.apply(discovery, { entries: [], refused: [], inferenceServices: [service] });
    const before = world.asked.filter((name) => name === "model-0").length;
    await checker.check(modelKey("model-0", namespace), 0);
    await until(() => world.asked.filter((name) => name === "model-1").length >= 5);
    expect(world.asked.filter((name) => name === "model-0")).toHaveLength(before);
    expect(registry.readiness(modelKey("model-0", namespace)).state).toBe("ready");
    await checker.probe(modelKey("model-0", namespace));
    expect(world.asked.filter((name) => name === "model-0")).toHaveLength(before + 1);
  });
});
