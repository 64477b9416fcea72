import { setTimeout as sleep } from "node:timers/promises";
import { catalogMetrics } from "../api/metrics/catalog-metrics.ts";
import { createMetrics, sharedMetrics } from "../api/metrics/metrics.ts";
import { processMetrics } from "../api/metrics/process-metrics.ts";
import { serverMetrics } from "../api/metrics/server-metrics.ts";
import { type Config, ConfigError, type Env, readConfig } from "../config/config.ts";
import { examineSteps } from "../doctor/examine-model.ts";
import { createListener } from "../listen/listener.ts";
import { Pipeline } from "../predict/pipeline.ts";
import { MemoryBudget } from "../registry/memory-budget.ts";
import type { ModelKey } from "../registry/model-key.ts";
import type { Predictor } from "../registry/ports.ts";
import { Registry } from "../registry/registry.ts";
import { missingSources } from "../registry/source-readiness.ts";
import { createUpstream } from "../upstream/by-protocol.ts";
import { ReadinessChecker } from "../upstream/readiness-checker.ts";
import { createAccessControl } from "./access-control.ts";
import { createApplyManifest } from "./apply-manifest.ts";
import { createCallLog } from "./call-log.ts";
import { collectorOf } from "./collector-options.ts";
import { databaseOf } from "./database.ts";
import { followSources } from "./follow-sources.ts";
import { externalNames, objectsRegisterModels } from "./kubernetes.ts";
import { notifyingWrites } from "./links/notify-writes.ts";
import { followLinks, linkProblems, openFinder } from "./links/open-links.ts";
import { followTls, hostInUrl, readTls } from "./listening.ts";
import { type Log, openLog } from "./log.ts";
import { logBreakers, logModels } from "./log-models.ts";
import { clientCertificateOf, registryOptions, upstreamOptions, upstreamTlsOf } from "./model-options.ts";
import { createSources } from "./model-sources.ts";
import { openCatalog } from "./open-catalog.ts";
import { openVersions } from "./open-versions.ts";
import { openPage } from "./page-places.ts";
import { createRequestHandler } from "./request-handler.ts";
import { createTracing, type Tracing } from "./tracing.ts";

/** How often the models are swapped at most, in milliseconds: far below a second, and seldom enough to cost little. */
const swapGapMs = 50;

/** A running service. */
export interface Service {
  /** Where it listens: `http://127.0.0.1:8080`. */
  readonly url: string;
  readonly port: number;
  /**
   * Says that it is not ready, ends watches, and serves for SHUTDOWN_DELAY, so that balancers turn to others. Callers that
   * keep HTTP/1.1 connections are asked with each answer to close theirs.
   */
  drain?(): Promise<void>;
  /** Stops accepting, ends watches, lets calls under way finish within the grace period, then closes. */
  stop(): Promise<void>;
}

/**
 * Reads the environment, puts all parts together, and listens. The one place that knows every part.
 *
 * @throws ConfigError with every problem of the environment
 */
export async function startService(env: Env, givenLog?: Log): Promise<Service> {
  const { config, problems, warnings } = readConfig(env);
  const { sources, problems: sourceProblems, warnings: sourceWarnings } = createSources(env, config);
  const { tls, problems: tlsProblems } = readTls(config);
  const { files: upstreamTls, problems: upstreamTlsProblems } = upstreamTlsOf(config);
  const database = databaseOf(config);
  const versionsProblems = [...database.problems, ...linkProblems(config, database.options !== undefined)];
  const allProblems = [...problems, ...sourceProblems, ...tlsProblems, ...upstreamTlsProblems, ...versionsProblems];
  if (allProblems.length > 0) throw new ConfigError(allProblems);
  const access = await createAccessControl(config, env).catch((error: Error) => {
    throw new ConfigError([`AUTH_MODE=${config.authMode}: ${error.message}`]);
  });

  const { log, droppedLines: droppedLogLines } = openLog(config.logLevel, givenLog);
  for (const warning of [...warnings, ...sourceWarnings]) log.warn(warning);

  const callLog = createCallLog(log, config.logValues);
  const catalog = await openCatalog(env, config, log);
  const opened = await openVersions(database, log, createApplyManifest(env, config));
  const stopping = new AbortController();
  const registry = new Registry({ ...registryOptions(config), swapGapMs });
  const { finder, close: closeFinder } = openFinder(config, opened?.store);
  const links = followLinks(registry, finder, config, log);
  const versions = opened && { ...opened, store: notifyingWrites(opened.store, () => links.refresh()) };
  const notReadyReason = (): string | undefined =>
    stopping.signal.aborted
      ? "the server is stopping"
      : catalog?.isLoaded === false
        ? "waiting for the sources of the catalog"
        : (missingSources(registry.sources) ??
          (links.settled ? undefined : "waiting for the versions of linked models"));
  const tracing = await startTracing(config, log);
  const memory = new MemoryBudget(config.maxBytesInMemory);
  const elsewhere = objectsRegisterModels(config) ? externalNames(env, config, log) : undefined;
  elsewhere?.start();
  const upstream = createUpstream({
    ...upstreamOptions(config, upstreamTls, memory),
    leadsOut: (host) => elsewhere?.leadsOut(host),
    onRetry: (model, allowed) => metrics.observeRetry(model, allowed),
  });
  const predictor: Predictor = tracing?.tracePredictor(upstream) ?? upstream;
  const pipeline: Pipeline = new Pipeline({
    registry,
    predictor,
    integrationEnabled: config.integrationEnabled,
    timeoutMs: config.timeoutMs,
    bulkhead: {
      maxInFlight: config.maxInFlight,
      maxQueued: config.maxQueued,
      queueTimeoutMs: config.queueTimeoutMs,
      breakerFailures: config.breakerFailures,
      breakerOpenMs: config.breakerOpenMs,
      maxWaiting: config.maxWaiting,
      checkReadiness: (key) => checker.probe(key),
    },
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
    more: [
      ...processMetrics({
        certificates: [
          { use: "server", pem: () => served.certificate() },
          { use: "client", pem: clientCertificateOf(config) },
        ],
        droppedLogLines,
        draining: () => stopping.signal.aborted,
      }),
      ...serverMetrics({
        heldBytes: () => memory.heldBytes,
        connections: () => listener.connections(),
        limits: config,
        spans: tracing?.spans,
      }),
      ...(versions?.metrics ?? []),
      ...(catalog === undefined ? [] : catalogMetrics(catalog)),
    ],
  });

  logModels(registry, log);
  logBreakers(pipeline, registry, log);
  pipeline.onBreakerChange((key) => metrics.observeBreaker(key));
  followSources(sources, registry, log);
  links.start();
  const checker = new ReadinessChecker({
    registry,
    predictor: upstream,
    intervalMs: config.readinessIntervalMs,
    timeoutMs: config.readinessTimeoutMs,
  });

  const packageRoots = {
    java: config.contractJavaPackage,
    go: config.contractGoPackage,
    csharp: config.contractCsharpNamespace,
    ruby: config.contractRubyPackage,
    php: config.contractPhpNamespace,
  };
  const ofBothEdges = {
    packageRoots,
    registry,
    pipeline,
    check: (key: ModelKey, maxAgeMs: number) => checker.check(key, maxAgeMs),
    stopping: stopping.signal,
    notReadyReason,
    memory,
    maxMessageValues: config.maxMessageValues,
  };
  const handler = createRequestHandler({
    rpc: {
      ...ofBothEdges,
      predictPath: (model) => predictor.predictPath(model),
      examine: (model, timeoutMs) =>
        examineSteps(model, {
          registry,
          upstream,
          pipeline,
          timeoutMs,
          discreet: true,
          leadsOut: (host) => elsewhere?.leadsOut(host),
        }),
      maxExaminations: config.maxExaminations,
      versions,
      catalog: catalog === undefined ? undefined : { sources: catalog },
    },
    rest: {
      ...ofBothEdges,
      metrics: sharedMetrics(metrics.expose),
      maxRequestBytes: config.maxRequestBytes,
      bodyTimeoutMs: config.bodyTimeoutMs,
    },
    metrics,
    log,
    callLog,
    tracing,
    stopping: stopping.signal,
    limits: config,
    bodyTimeoutMs: config.bodyTimeoutMs,
    memory,
    leanPath: config.fastPath,
    corsAllowedOrigins: config.corsAllowedOrigins,
    alphaSunset: config.alphaSunset === undefined ? undefined : new Date(config.alphaSunset),
    page: config.page ? openPage(log) : undefined,
    guard: access.guard,
  });
  const listener = createListener({ ...config, tls }, handler);
  const served = followTls(config, tls, listener.setTls, log);
  const { port } = await listener.listen(config.port, config.host).catch(async (error: unknown) => {
    // Its thread or its connections would keep the process from ending.
    await links.stop();
    await versions?.store.close();
    await catalog?.stop();
    throw error;
  });
  const url = `${tls === undefined ? "http" : "https"}://${hostInUrl(config.host)}:${port}`;
  log.info({ url, port }, `Listening on ${url}: gRPC, gRPC-Web, Connect and JSON over HTTP/1.1 and HTTP/2`);

  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    log.info("Stopping: no longer ready, finishing calls under way");
    stopping.abort();
    pipeline.stop();
    await served.stop();
    checker.stop();
    await listener.close(config.shutdownGraceMs);
    access.close();
    await Promise.all([...sources, elsewhere, links].map((watching) => watching?.stop()));
    closeFinder();
    await upstream.close();
    await versions?.store.close();
    await catalog?.stop();
    await tracing?.shutdown().catch((error: unknown) => log.warn({ err: error }, "The last traces could not be sent"));
    callLog.close();
    log.info("Stopped");
  };
  return {
    url,
    port,
    async drain() {
      if (config.shutdownDelayMs === 0) return;
      log.info(`No longer ready: serving on for ${config.shutdownDelayMs} ms`);
      stopping.abort();
      await sleep(config.shutdownDelayMs);
    },
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}

/** Traces, where there is a collector for them. */
async function startTracing(config: Config, log: Log): Promise<Tracing | undefined> {
  const collector = collectorOf(config);
  if (collector === undefined) return undefined;
  const { url: endpoint } = collector;
  return await createTracing({
    collector,
    serviceName: config.otelServiceName,
    resourceAttributes: config.otelResourceAttributes,
    sampler: config.otelTracesSampler,
    sampledRatio: Number(config.otelTracesSamplerRatio),
    onCollector(problem) {
      if (problem === undefined) log.info({ endpoint }, "The collector takes traces again");
      else log.warn({ endpoint, err: problem }, "The collector takes no traces; calls go on, and their spans are lost");
    },
  });
}
