import type { PlainMetric } from "../api/metrics/exposition.ts";
import { createMetrics, type Metrics } from "../api/metrics/metrics.ts";
import type { Config, Env } from "../config/config.ts";
import { Pipeline } from "../predict/pipeline.ts";
import type { MemoryBudget } from "../registry/memory-budget.ts";
import type { Predictor } from "../registry/ports.ts";
import { Registry } from "../registry/registry.ts";
import { missingSources } from "../registry/source-readiness.ts";
import type { VersionLinks } from "../registry/version-links.ts";
import { createUpstream, type Upstream } from "../upstream/by-protocol.ts";
import { ReadinessChecker } from "../upstream/readiness-checker.ts";
import type { VersionStore } from "../versions/ports.ts";
import { followSources } from "./follow-sources.ts";
import { externalNames, objectsRegisterModels } from "./kubernetes.ts";
import { followLinks, openFinder } from "./links/open-links.ts";
import type { Log } from "./log.ts";
import { logBreakers, logModels } from "./log-models.ts";
import { registryOptions, upstreamOptions } from "./model-options.ts";
import type { ModelSettings } from "./model-settings.ts";
import type { Tracing } from "./tracing/tracing.ts";

/** How often the models are swapped at most, in milliseconds: far below a second, and seldom enough to cost little. */
const swapGapMs = 50;

export interface FrontDoorOptions {
  readonly env: Env;
  readonly settings: ModelSettings;
  /** The registry of versions of this process. Undefined: there is none. */
  readonly versions: VersionStore | undefined;
  readonly tracing: Tracing | undefined;
  readonly memory: MemoryBudget;
  /** What is measured besides models and calls. */
  readonly otherMetrics: readonly PlainMetric[];
  readonly log: Log;
}

/** The half of the process that serves models: which there are, and predictions from them. */
export interface FrontDoor {
  readonly registry: Registry;
  readonly links: VersionLinks;
  readonly upstream: Upstream;
  /** Calls models by `upstream`, with spans where there is tracing. */
  readonly predictor: Predictor;
  readonly pipeline: Pipeline;
  readonly checker: ReadinessChecker;
  readonly metrics: Metrics;
  /** Where a Service of the own cluster leads that leads elsewhere; undefined for every other host. */
  leadsOut(host: string): string | undefined;
  /** What it waits for before it is ready; undefined once it is. */
  notReadyReason(): string | undefined;
  /** Ends the wait for models, and checks of their readiness. Predictions under way go on. */
  stop(): void;
  /** Stops following sources, and closes connections to models. */
  close(): Promise<void>;
}

/** Puts the front door together, and begins to follow its sources. */
export function openFrontDoor(options: FrontDoorOptions): FrontDoor {
  const { env, settings, tracing, memory, log } = options;
  const { config, sources } = settings;
  const registry = new Registry({ ...registryOptions(config), swapGapMs });
  const { finder, close: closeFinder } = openFinder(config, options.versions);
  const links = followLinks(registry, finder, config, log);
  const elsewhere = objectsRegisterModels(config) ? externalNames(env, config, log) : undefined;
  const leadsOut = (host: string): string | undefined => elsewhere?.leadsOut(host);
  elsewhere?.start();

  const upstream = createUpstream({
    ...upstreamOptions(config, settings.upstreamTls, memory),
    leadsOut,
    onRetry: (model, allowed) => metrics.observeRetry(model, allowed),
  });
  const predictor: Predictor = tracing?.tracePredictor(upstream) ?? upstream;
  const pipeline: Pipeline = new Pipeline({
    registry,
    predictor,
    integrationEnabled: config.integrationEnabled,
    timeoutMs: config.timeoutMs,
    bulkhead: { ...bulkheadLimits(config), checkReadiness: (key) => checker.probe(key) },
    memory,
    maxJsonDepth: config.maxJsonDepth,
    maxMessageValues: config.maxMessageValues,
    observe: (model, seconds, reason, times) => {
      metrics.observePredict(model, seconds, reason, times);
      if (reason === undefined) checker.notePrediction(model);
    },
  });
  const metrics = createMetrics({
    registry,
    loadOf: (key) => pipeline.load(key),
    maxModels: config.metricsMaxModels,
    more: options.otherMetrics,
  });

  logModels(registry, log);
  logBreakers(pipeline, registry, log);
  pipeline.onBreakerChange((key) => metrics.observeBreaker(key));
  followSources(sources, registry, log);
  links.start();
  // Last: it asks at once the models that there are already.
  const checker = new ReadinessChecker({
    registry,
    predictor: upstream,
    intervalMs: config.readinessIntervalMs,
    timeoutMs: config.readinessTimeoutMs,
  });

  return {
    registry,
    links,
    upstream,
    predictor,
    pipeline,
    checker,
    metrics,
    leadsOut,
    notReadyReason: () =>
      missingSources(registry.sources) ?? (links.settled ? undefined : "waiting for the versions of linked models"),
    stop() {
      pipeline.stop();
      checker.stop();
    },
    async close() {
      await Promise.all([...sources, elsewhere, links].map((watching) => watching?.stop()));
      closeFinder();
      await upstream.close();
    },
  };
}

function bulkheadLimits(config: Config) {
  const { maxInFlight, maxQueued, queueTimeoutMs, breakerFailures, breakerOpenMs, maxWaiting } = config;
  return { maxInFlight, maxQueued, queueTimeoutMs, breakerFailures, breakerOpenMs, maxWaiting };
}
