import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { controllerMetrics, linkMetrics } from "../api/metrics/controller-metrics.ts";
import { metricFormatOf } from "../api/metrics/exposition.ts";
import { createExpose } from "../api/metrics/metrics.ts";
import { processMetrics } from "../api/metrics/process-metrics.ts";
import { registryMetrics } from "../api/metrics/registry-metrics.ts";
import { ConfigError, type Env, readConfig } from "../config/config.ts";
import { createProbes, type ProbesOptions } from "../controller/probes.ts";
import { RegistrationController } from "../controller/registration-controller.ts";
import { StatusWriter } from "../controller/status-writer.ts";
import { createKubeClient } from "../kube/kube-client.ts";
import { createKubeWriter } from "../kube/kube-writer.ts";
import { LeaseElection } from "../kube/lease-election.ts";
import { parseObjectName } from "../kube/object-name.ts";
import { MemoryBudget } from "../registry/memory-budget.ts";
import { Registry } from "../registry/registry.ts";
import { missingSources } from "../registry/source-readiness.ts";
import { createUpstream } from "../upstream/by-protocol.ts";
import { ReadinessChecker } from "../upstream/readiness-checker.ts";
import { followSources } from "./follow-sources.ts";
import { externalNames, kubernetesAccess, trustOf, trustRulesOf } from "./kubernetes.ts";
import { linkController } from "./links/link-controller.ts";
import { caFileProblems } from "./links/open-links.ts";
import { type Log, openLog } from "./log.ts";
import { openMetricsPort } from "./metrics-port.ts";
import { clientCertificateOf, registryOptions, upstreamOptions, upstreamTlsOf } from "./model-options.ts";
import type { Service } from "./service.ts";

/**
 * Starts the controller: of all processes that run it, one gives every ModelRegistration its status, and the others
 * wait to take over. It serves probes and metrics, and no callers.
 *
 * @throws ConfigError with every problem of the environment
 */
export async function startController(env: Env, givenLog?: Log): Promise<Service> {
  const { config, problems, warnings } = readConfig(env);
  const { files: tls, problems: tlsProblems } = upstreamTlsOf(config);
  const access = { ...kubernetesAccess(env, config), context: undefined };
  const metricsPort = openMetricsPort(config, access);
  const allProblems = [...problems, ...tlsProblems, ...metricsPort.problems, ...caFileProblems(config)];
  if (allProblems.length > 0) throw new ConfigError(allProblems);
  const { log, droppedLines: droppedLogLines } = openLog(config.logLevel, givenLog);
  for (const warning of warnings) log.warn(warning);

  const registry = new Registry(registryOptions(config));
  const controller = new RegistrationController(registry, {
    client: createKubeClient(access),
    cluster: "",
    namespaces: config.watchNamespaces,
    trusts: (namespace) => trustOf(config)("", namespace),
    rules: trustRulesOf(config),
  });
  const elsewhere = externalNames(env, config, log);
  elsewhere.start();
  const upstream = createUpstream({
    ...upstreamOptions(config, tls, new MemoryBudget(config.maxBytesInMemory)),
    leadsOut: (host) => elsewhere.leadsOut(host),
  });
  followSources([controller.source], registry, log);
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
  let writer: StatusWriter | undefined;
  const statuses = { written: 0, failed: 0 };
  const election = new LeaseElection({
    client,
    ...parseObjectName(config.controllerLease, config.podNamespace ?? config.namespace)!,
    identity,
    onLeading(lost) {
      const also = links === undefined ? "" : ", and InferenceServices into the registry of versions";
      log.info({ identity }, `Leading: this process writes the status of every ModelRegistration${also}`);
      lost.addEventListener("abort", () => log.info({ identity }, "No longer leading"));
      writer = new StatusWriter(
        {
          client,
          identity,
          onTrouble: (problem) => log.warn({ problem }, `Cannot write ${problem}`),
          onStatus: (outcome) => statuses[outcome]++,
        },
        lost,
      );
      controller.lead(writer, lost);
      links?.lead(lost);
    },
    onTrouble: (problem) => log.warn({ problem }, `The Lease cannot be had: ${problem}`),
  });
  election.start();

  let stopping = false;
  const expose = createExpose([
    ...processMetrics({
      certificates: [
        { use: "server", pem: () => metricsPort.certificate() },
        { use: "client", pem: clientCertificateOf(config) },
      ],
      droppedLogLines,
      draining: () => stopping,
    }),
    ...registryMetrics(registry),
    ...controllerMetrics(() => ({
      leading: election.leading,
      registrations: controller.count,
      statusesWaiting: election.leading ? (writer?.waiting ?? 0) : 0,
      statuses,
    })),
    ...(links === undefined ? [] : linkMetrics(() => links.counts)),
  ]);
  const probing: ProbesOptions = {
    notReadyReason: () => (stopping ? "the controller is stopping" : missingSources(registry.sources)),
  };
  const metrics = {
    expose: (accept: string | undefined) => expose(metricFormatOf(accept)),
    admit: metricsPort.admit,
  };
  const probes = createProbes({
    ...probing,
    metrics: config.controllerMetrics === "off" ? undefined : metrics,
    tls: metricsPort.tls,
  });
  metricsPort.follow((files) => probes.setTls(files), log);
  const { port } = await probes.listen(config.port, config.host);
  // Anyone who reaches it needs no token, so that it has no metrics.
  const ownProbes = config.probePort === undefined ? undefined : createProbes(probing);
  await ownProbes?.listen(config.probePort!, config.host);
  log.info({ port, identity }, `Controller started; probes and metrics on port ${port}`);

  let stopped: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    log.info("Stopping");
    stopping = true;
    await election.stop();
    checker.stop();
    await Promise.all([controller.source.stop(), elsewhere.stop(), links?.stop()]);
    await upstream.close();
    await probes.close();
    await ownProbes?.close();
    await metricsPort.close();
    log.info("Stopped");
  };
  return {
    url: `${metricsPort.tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    port,
    stop: () => {
      stopped ??= stop();
      return stopped;
    },
  };
}
