import { hostname } from "node:os";
import { createPathAccess } from "../access/path-access.ts";
import type { Config } from "../config/config.ts";
import type { ProbesMetrics } from "../controller/probes.ts";
import type { ClusterAccess } from "../kube/kube-config.ts";
import { createKubeReviewer } from "../kube/kube-reviewer.ts";
import { selfSigned } from "../listen/self-signed.ts";
import type { TlsFiles } from "../listen/tls-files.ts";
import { type FollowedTls, followTls, readTls } from "./listening.ts";
import type { Log } from "./log.ts";

/** How the port of the controller's metrics is protected. */
export interface MetricsPort {
  /** Problems of the variables. */
  readonly problems: readonly string[];
  /** Undefined: plain HTTP. */
  readonly tls: TlsFiles | undefined;
  /** The certificate that the environment names, as it is now, in PEM. */
  certificate(): string | undefined;
  readonly admit: ProbesMetrics["admit"];
  /** Takes the certificate again when its files change. */
  follow(setTls: (files: TlsFiles) => void, log: Log): void;
  close(): Promise<void>;
}

/**
 * Protects the port as `CONTROLLER_METRICS` says. `secure` without a certificate takes a self-signed one, as
 * controllers usually do.
 */
export function openMetricsPort(config: Config, access: ClusterAccess): MetricsPort {
  if (config.controllerMetrics !== "secure") {
    const nothing = { problems: [], tls: undefined, admit: undefined };
    return { ...nothing, certificate: () => undefined, follow() {}, close: async () => {} };
  }
  const { tls: named, problems } = readTls(config);
  const reviewer = createKubeReviewer(access);
  const path = "/metrics";
  const { kubernetesAudience: audiences = [], authCacheTtlMs: ttlMs } = config;
  const guard = createPathAccess({ reviewer, audiences, ttlMs, path });
  let served: FollowedTls | undefined;
  return {
    problems,
    tls: named ?? selfSigned([hostname(), "localhost"]),
    certificate: () => served?.certificate(),
    admit: (authorization, peer) => guard.admit({ path, authorization, peer }),
    follow(setTls, log) {
      served = followTls(config, named, setTls, log);
    },
    async close() {
      reviewer.close();
      await served?.stop();
    },
  };
}
