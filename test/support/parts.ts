import type { RouteDeps } from "../../src/api/rpc/routes.ts";
import { Pipeline, type PipelineOptions } from "../../src/predict/pipeline.ts";
import { MemoryBudget } from "../../src/registry/memory-budget.ts";
import { parseModelEntry } from "../../src/registry/model-entry.ts";
import type { Predictor, UpstreamCall } from "../../src/registry/ports.ts";
import type { ModelState } from "../../src/registry/readiness.ts";
import { Registry } from "../../src/registry/registry.ts";
import { applyEntries } from "./apply-entries.ts";
import { type Entry, model, namespace } from "./running-service.ts";

/** Limits that no test meets by chance; every model is ready. */
export const testBulkhead: PipelineOptions["bulkhead"] = {
  maxInFlight: 64,
  maxQueued: 0,
  queueTimeoutMs: 1000,
  breakerFailures: 0,
  breakerOpenMs: 1000,
  maxWaiting: 10,
  checkReadiness: async () => ({ state: "ready", reason: "", checkTime: new Date() }),
};

/** What stands in for the parts that a test does not look at. */
export interface PartsOptions {
  /** Default: one model without declared features. */
  readonly models?: readonly Entry[];
  /** Stands in for the model server: the bytes of its answer with HTTP 200. */
  readonly predict?: (call: UpstreamCall) => Promise<string> | string;
  /** Stands in for a readiness check. */
  readonly check?: () => Promise<void>;
  readonly pipeline?: Partial<PipelineOptions>;
  /** Stands in for an examination. Default: one without steps. */
  readonly examine?: RouteDeps["examine"];
}

/** A registry, and the services that need one, without a socket. */
export interface Parts {
  readonly registry: Registry;
  readonly pipeline: Pipeline;
  readonly rpc: RouteDeps;
  /** Begins to stop, as SIGTERM does. */
  stop(): void;
  /** Replaces the models. */
  apply(models: readonly Entry[]): void;
  setState(name: string, state: ModelState): void;
}

/** Puts together a registry and a pipeline whose model server is a function. */
export function createParts(options: PartsOptions = {}): Parts {
  const stopping = new AbortController();
  // Each look at the clock is a second later, so that every change has a time of its own.
  let seconds = 0;
  const registry = new Registry(
    { urlFormat: "http://{service}.{namespace}.svc.cluster.local", defaultPort: undefined },
    () => new Date(seconds++ * 1000),
  );
  const apply = (models: readonly Entry[]): void => {
    applyEntries(
      registry,
      "environment",
      models.map((value, i) => {
        const { entry, problems } = parseModelEntry({ type: "anomaly", service: value.name, ...value }, namespace);
        if (entry === undefined) throw new Error(JSON.stringify(problems));
        return { entry, location: `KSERVE_MODEL_REGISTRY[${i}]` };
      }),
    );
  };
  apply(options.models ?? [{ name: model }]);
  const predictor: Predictor = {
    protocolOf: () => "kserve-v1",
    predictPath: ({ model: pathName }) => `/v1/models/${pathName}:predict`,
    predict: async (call) => ({
      body: Buffer.from(await (options.predict?.(call) ?? '{"predictions":[1]}')),
      form: { keys: ["predictions"], hint: "" },
      attempts: 1,
    }),
    infer: () => Promise.reject(new Error("not called")),
    askMetadata: async () => undefined,
    checkReadiness: async () => ({ state: "ready", reason: "", checkTime: new Date() }),
    close: async () => {},
  };
  const pipeline = new Pipeline({
    registry,
    predictor,
    integrationEnabled: true,
    timeoutMs: 5000,
    bulkhead: testBulkhead,
    memory: new MemoryBudget(Number.POSITIVE_INFINITY),
    maxJsonDepth: 64,
    observe: () => {},
    ...options.pipeline,
  });
  return {
    registry,
    pipeline,
    rpc: {
      registry,
      pipeline,
      predictPath: (one) => predictor.predictPath(one),
      check: options.check ?? (async () => {}),
      stopping: stopping.signal,
      examine: options.examine ?? async function* () {},
      maxExaminations: 8,
      notReadyReason: () => (stopping.signal.aborted ? "the server is stopping" : undefined),
      memory: undefined,
      maxMessageValues: 50_000,
    },
    stop: () => stopping.abort(),
    apply,
    setState: (name, state) =>
      registry.setReadiness(registry.get(name)!, { state, reason: state, checkTime: new Date() }),
  };
}
