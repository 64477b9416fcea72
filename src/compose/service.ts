import { setTimeout as sleep } from "node:timers/promises";
import { catalogMetrics } from "../api/metrics/catalog-metrics.ts";
import { processMetrics } from "../api/metrics/process-metrics.ts";
import { serverMetrics } from "../api/metrics/server-metrics.ts";
import { once } from "../base/once.ts";
import { ConfigError, type Env } from "../config/config.ts";
import { createListener } from "../listen/listener.ts";
import type { TlsFiles } from "../listen/tls-files.ts";
import { MemoryBudget } from "../registry/memory-budget.ts";
import { type AccessControl, createAccessControl } from "./access-control.ts";
import { createApplyManifest } from "./apply-manifest.ts";
import { createCallLog } from "./call-log.ts";
import { openFrontDoor } from "./front-door.ts";
import { notifyingWrites } from "./links/notify-writes.ts";
import { followTls, hostInUrl, readTls } from "./listening.ts";
import { type Log, openLog } from "./log.ts";
import { clientCertificateOf } from "./model-options.ts";
import { type ModelSettings, readModelSettings } from "./model-settings.ts";
import { openCatalog } from "./open-catalog.ts";
import { openVersions } from "./open-versions.ts";
import { createServiceHandler } from "./service-handler.ts";
import { openTracing } from "./tracing/tracing.ts";

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
  const { settings, tls, access } = await readSettings(env);
  const { config } = settings;
  const { log, droppedLines: droppedLogLines } = openLog(config.logLevel, givenLog);
  for (const warning of settings.warnings) log.warn(warning);

  const stopping = new AbortController();
  const callLog = createCallLog(log, config.logValues);
  const memory = new MemoryBudget(config.maxBytesInMemory, config.maxRecordBytes);
  const catalog = await openCatalog(env, config, log);
  const opened = await openVersions(settings.database, log, createApplyManifest(env, config));
  const tracing = await openTracing(config, log);
  const frontDoor = openFrontDoor({
    env,
    settings,
    versions: opened?.store,
    tracing,
    memory,
    otherMetrics: [
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
      ...(opened?.metrics ?? []),
      ...(catalog === undefined ? [] : catalogMetrics(catalog)),
    ],
    log,
  });
  const versions = opened && { ...opened, store: notifyingWrites(opened.store, () => frontDoor.links.refresh()) };
  const handler = createServiceHandler({
    config,
    frontDoor,
    versions,
    catalog,
    guard: access.guard,
    tracing,
    memory,
    log,
    callLog,
    stopping: stopping.signal,
  });
  const listener = createListener({ ...config, tls }, handler);
  const served = followTls(config, tls, listener.setTls, log);

  /** Closes what would keep the process from ending. */
  const close = async (): Promise<void> => {
    access.close();
    await frontDoor.close();
    await versions?.store.close();
    await catalog?.stop();
    await tracing?.shutdown().catch((error: unknown) => log.warn({ err: error }, "The last traces could not be sent"));
    callLog.close();
  };
  const { port } = await listener.listen(config.port, config.host).catch(async (error: unknown) => {
    frontDoor.stop();
    await served.stop();
    await close();
    throw error;
  });
  const url = `${tls === undefined ? "http" : "https"}://${hostInUrl(config.host)}:${port}`;
  log.info({ url, port }, `Listening on ${url}: gRPC, gRPC-Web, Connect and JSON over HTTP/1.1 and HTTP/2`);

  return {
    url,
    port,
    async drain() {
      if (config.shutdownDelayMs === 0) return;
      log.info(`No longer ready: serving for another ${config.shutdownDelayMs} ms`);
      stopping.abort();
      await sleep(config.shutdownDelayMs);
    },
    stop: once(async () => {
      log.info("Stopping: no longer ready, finishing calls in flight");
      stopping.abort();
      frontDoor.stop();
      await served.stop();
      await listener.close(config.shutdownGraceMs);
      await close();
      log.info("Stopped");
    }),
  };
}

interface ServiceSettings {
  readonly settings: ModelSettings;
  /** Undefined: it serves in the clear. */
  readonly tls: TlsFiles | undefined;
  readonly access: AccessControl;
}

/** @throws ConfigError with every problem of the environment */
async function readSettings(env: Env): Promise<ServiceSettings> {
  const settings = readModelSettings(env);
  const { config } = settings;
  const { tls, problems: tlsProblems } = readTls(config);
  const problems = [...settings.problems, ...tlsProblems];
  if (problems.length > 0) throw new ConfigError(problems);
  const access = await createAccessControl(config, env).catch((error: Error) => {
    throw new ConfigError([`AUTH_MODE=${config.authMode}: ${error.message}`]);
  });
  return { settings, tls, access };
}
