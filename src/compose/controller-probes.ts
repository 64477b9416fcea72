import { metricFormatOf } from "../api/metrics/exposition.ts";
import type { Expose } from "../api/metrics/metrics.ts";
import type { Config } from "../config/config.ts";
import { createProbes } from "../controller/probes.ts";
import type { Log } from "./log.ts";
import type { MetricsPort } from "./metrics-port.ts";

export interface ControllerProbesOptions {
  readonly config: Config;
  readonly metricsPort: MetricsPort;
  readonly expose: Expose;
  /** Why the controller is not ready; undefined when it is. */
  readonly notReadyReason: () => string | undefined;
  readonly log: Log;
}

/** The ports of the controller, which listen. */
export interface ControllerProbes {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves probes and metrics on one port, and probes alone on another where the configuration names one. */
export async function serveControllerProbes(options: ControllerProbesOptions): Promise<ControllerProbes> {
  const { config, metricsPort, expose, notReadyReason, log } = options;
  const metrics = {
    expose: (accept: string | undefined) => expose(metricFormatOf(accept)),
    admit: metricsPort.admit,
  };
  const onError = (error: unknown): void => log.error({ err: error }, "A probe or the metrics could not be answered");
  const probes = createProbes({
    notReadyReason,
    onError,
    metrics: config.controllerMetrics === "off" ? undefined : metrics,
    tls: metricsPort.tls,
  });
  metricsPort.follow((files) => probes.setTls(files), log);
  // Anyone who reaches it needs no token, so that it has no metrics.
  const openProbes = config.probePort === undefined ? undefined : createProbes({ notReadyReason, onError });
  const close = async (): Promise<void> => {
    await probes.close();
    await openProbes?.close();
    await metricsPort.close();
  };
  try {
    const { port } = await probes.listen(config.port, config.host);
    await openProbes?.listen(config.probePort!, config.host);
    return { port, close };
  } catch (error) {
    await close();
    throw error;
  }
}
