import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { createExpose } from "../api/metrics/metrics.ts";
import { processMetrics } from "../api/metrics/process-metrics.ts";
import { registryMetrics } from "../api/metrics/registry-metrics.ts";
import { once } from "../base/once.ts";
import { type Config, ConfigError, type Env, readConfig } from "../config/config.ts";
import { RegistrationController } from "../controller/registration-controller.ts";
import { createKubeClient } from "../kube/kube-client.ts";
import type { ClusterAccess } from "../kube/kube-config.ts";
import { createKubeWriter } from "../kube/kube-writer.ts";
import { MemoryBudget } from "../registry/memory-budget.ts";
import { Registry } from "../registry/registry.ts";
import { missingSources } from "../registry/source-readiness.ts";
import { createUpstream } from "../upstream/by-protocol.ts";
import type { TlsClientFiles } from "../upstream/http/tls-client.ts";
import { ReadinessChecker } from "../upstream/readiness-checker.ts";
import { startLeadership } from "./controller-leadership.ts";
import { serveControllerProbes } from "./controller-probes.ts";
import { followSources } from "./follow-sources.ts";
import { externalNames, kubernetesAccess, trustOf, trustRulesOf } from "./kubernetes.ts";
import { linkController } from "./links/link-controller.ts";
import { caFileProblems } from "./links/open-links.ts";
import { type Log, openLog } from "./log.ts";
import { type MetricsPort, openMetricsPort } from "./metrics-port.ts";
import { clientCertificateOf, registryOptions, upstreamOptions, upstreamTlsOf } from "./model-options.ts";
import type { Service } from "./service.ts";

/**
 * Starts the controller: of all processes that run it, one gives every ModelRegistration its status, and the others
 * wait to take over. It serves probes and metrics, and no callers.
 *
 * @throws ConfigError with every problem of the environment
 */
export async function startController(env: Env, givenLog?: Log): Promise<Service> {
  const { config, upstreamTls, access, metricsPort, warnings } = readSettings(env);
  const { log, droppedLines: droppedLogLines } = openLog(config.logLevel, givenLog);
  for (const warning of warnings) log.warn(warning);

  const registry = new Registry(registryOptions(config));
  const registrations = new RegistrationController(registry, {
    client: createKubeClient(access),
    cluster: "",
    namespaces: config.watchNamespaces,
    trusts: (namespace) => trustOf(config)("", namespace),
    rules: trustRulesOf(config),
  });
  const elsewhere = externalNames(env, config, log);
  elsewhere.start();
  const upstream = createUpstream({
    ...upstreamOptions(config, upstreamTls, new MemoryBudget(config.maxBytesInMemory)),
    leadsOut: (host) => elsewhere.leadsOut(host),
  });
  followSources([registrations.source], registry, log);
  const checker = new ReadinessChecker({
    registry,
    predictor: upstream,
    intervalMs: config.readinessIntervalMs,
    timeoutMs: config.readinessTimeoutMs,
  });

  const identity = `${hostname()}_${randomUUID().slice(0, 8)}`;
  const client = createKubeWriter(access);
  const links = linkController(config, access, client, identity, log);
  links?.start();
  const leadership = startLeadership({ config, client, identity, registrations, links, log });

  /** Ends what would keep the process from ending. */
  const close = async (): Promise<void> => {
    await leadership.stop();
    checker.stop();
    await Promise.all([registrations.source.stop(), elsewhere.stop(), links?.stop()]);
    await upstream.close();
  };

  let stopping = false;
  const probes = await serveControllerProbes({
    config,
    metricsPort,
    expose: createExpose([
      ...processMetrics({
        certificates: [
          { use: "server", pem: () => metricsPort.certificate() },
          { use: "client", pem: clientCertificateOf(config) },
        ],
        droppedLogLines,
        draining: () => stopping,
      }),
      ...registryMetrics(registry),
      ...leadership.metrics,
    ]),
    notReadyReason: () => (stopping ? "the controller is stopping" : missingSources(registry.sources)),
    log,
  }).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const { port } = probes;
  log.info({ port, identity }, `Controller started; probes and metrics on port ${port}`);

  return {
    url: `${metricsPort.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    port,
    stop: once(async () => {
      log.info("Stopping");
      stopping = true;
      await close();
      await probes.close();
      log.info("Stopped");
    }),
  };
}

interface ControllerSettings {
  readonly config: Config;
  readonly upstreamTls: TlsClientFiles;
  /** The way to the API server. */
  readonly access: ClusterAccess;
  readonly metricsPort: MetricsPort;
  readonly warnings: readonly string[];
}

/** @throws ConfigError with every problem of the environment */
function readSettings(env: Env): ControllerSettings {
  const { config, problems, warnings } = readConfig(env);
  const upstreamTls = upstreamTlsOf(config);
  const access = { ...kubernetesAccess(env, config), context: undefined };
  const metricsPort = openMetricsPort(config, access);
  const allProblems = [...problems, ...upstreamTls.problems, ...metricsPort.problems, ...caFileProblems(config)];
  if (allProblems.length > 0) throw new ConfigError(allProblems);
  return { config, upstreamTls: upstreamTls.files, access, metricsPort, warnings };
}
