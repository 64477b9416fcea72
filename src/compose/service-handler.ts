import type { Guard } from "../access/guard.ts";
import type { RequestHandler } from "../api/http.ts";
import { sharedMetrics } from "../api/metrics/metrics.ts";
import type { VersionsDeps } from "../api/versions/version-registry-service.ts";
import type { CatalogSources } from "../catalog/sources/catalog-sources.ts";
import type { Config } from "../config/config.ts";
import { examineSteps } from "../doctor/examine-model.ts";
import type { MemoryBudget } from "../registry/memory-budget.ts";
import type { ModelKey } from "../registry/model-key.ts";
import type { CallLog } from "./call-log.ts";
import type { FrontDoor } from "./front-door.ts";
import type { Log } from "./log.ts";
import { openPage } from "./page-places.ts";
import { createRequestHandler } from "./request-handler.ts";
import type { Tracing } from "./tracing/tracing.ts";

/** The parts of a running service that its calls are served by. */
export interface ServiceParts {
  readonly config: Config;
  readonly frontDoor: FrontDoor;
  /** Undefined: there is no database. */
  readonly versions: VersionsDeps | undefined;
  /** Undefined: no sources of the catalog are configured. */
  readonly catalog: CatalogSources | undefined;
  /** Undefined: access control is off. */
  readonly guard: Guard | undefined;
  readonly tracing: Tracing | undefined;
  readonly memory: MemoryBudget;
  readonly log: Log;
  readonly callLog: CallLog;
  /** Aborts when the server begins to stop. */
  readonly stopping: AbortSignal;
}

/** Hands each protocol's edge what it needs of the parts. */
export function createServiceHandler(parts: ServiceParts): RequestHandler {
  const { config, frontDoor, versions, catalog, stopping, memory, log } = parts;
  const { registry, pipeline, checker, metrics, predictor, upstream, leadsOut } = frontDoor;
  const { maxMessageValues, bodyTimeoutMs } = config;
  const ofBothEdges = {
    packageRoots: packageRootsOf(config),
    registry,
    pipeline,
    check: (key: ModelKey, maxAgeMs: number) => checker.check(key, maxAgeMs),
    stopping,
    notReadyReason: () => notReadyReason(parts),
    memory,
    maxMessageValues,
  };
  return createRequestHandler({
    rpc: {
      ...ofBothEdges,
      predictPath: (model) => predictor.predictPath(model),
      examine: (model, timeoutMs) =>
        examineSteps(model, { registry, upstream, pipeline, timeoutMs, discreet: true, leadsOut }),
      maxExaminations: config.maxExaminations,
      versions,
      catalog: catalog === undefined ? undefined : { sources: catalog },
    },
    rest: {
      ...ofBothEdges,
      databaseStatus: versions && (() => versions.store.status()),
      metrics: sharedMetrics(metrics.expose),
      maxRequestBytes: config.maxRequestBytes,
      maxRecordBytes: config.maxRecordBytes,
      bodyTimeoutMs,
    },
    metrics,
    log,
    callLog: parts.callLog,
    tracing: parts.tracing,
    stopping,
    limits: config,
    bodyTimeoutMs,
    memory,
    leanPath: config.fastPath,
    corsAllowedOrigins: config.corsAllowedOrigins,
    alphaSunset: config.alphaSunset === undefined ? undefined : new Date(config.alphaSunset),
    page: config.page ? openPage(log) : undefined,
    guard: parts.guard,
    maxAnonymousCalls: config.maxAnonymousCalls,
  });
}

/** Why the server is not ready; undefined when it is. A database that is away is not a reason: predictions do not need it. */
function notReadyReason({ stopping, catalog, frontDoor }: ServiceParts): string | undefined {
  if (stopping.aborted) return "the server is stopping";
  if (catalog?.isLoaded === false) return "waiting for the sources of the catalog";
  return frontDoor.notReadyReason();
}

function packageRootsOf(config: Config) {
  return {
    java: config.contractJavaPackage,
    go: config.contractGoPackage,
    csharp: config.contractCsharpNamespace,
    ruby: config.contractRubyPackage,
    php: config.contractPhpNamespace,
  };
}
