import { Agent } from "node:http";
import { type RequestOptions, Agent as TlsAgent } from "node:https";
import { withoutTrailingSlashes } from "../base/field-reader.ts";
import { type ClusterAccess, loadKubeConfig } from "./kube-config.ts";
import { KubeError } from "./kube-error.ts";

/** The connection to an API server: its address, the credentials of this service, and the pool of connections. */
export interface ClusterConnection {
  /** `https://10.0.0.1:443`, without a slash at its end. */
  readonly server: string;
  readonly options: RequestOptions;
}

/** Keeps the connection to one cluster up to date. */
export interface ClusterConnections {
  /** @throws KubeError when the files that say how the cluster is reached cannot be read */
  current(): Promise<ClusterConnection>;
  /** To be called after a failure: the files are read again, and new connections are opened. */
  renew(): void;
  /** Ends all connections, those in use too. */
  close(): void;
}

/** How long credentials are used before they are read again. Kubernetes rotates a token long before it expires. */
const maxCredentialsAgeMs = 60_000;

/** How long a connection is kept that nothing uses. */
const idleMs = 30_000;

interface Opened extends ClusterConnection {
  readonly fingerprint: string;
}

/** Nothing is read before the first call. */
export function createClusterConnections(access: ClusterAccess): ClusterConnections {
  let opened: Opened | undefined;
  let reading: Promise<ClusterConnection> | undefined;
  let readTime = Number.NEGATIVE_INFINITY;
  const read = async (): Promise<ClusterConnection> => {
    try {
      opened = await open(access, opened);
      readTime = performance.now();
      return opened;
    } catch (error) {
      throw new KubeError((error as Error).message, { cause: error });
    } finally {
      reading = undefined;
    }
  };
  return {
    async current() {
      if (opened !== undefined && performance.now() - readTime <= maxCredentialsAgeMs) return opened;
      reading ??= read();
      return reading;
    },
    renew() {
      // Requests on old connections continue; idle ones close after a while.
      opened = undefined;
    },
    close: () => opened?.options.agent instanceof Agent && opened.options.agent.destroy(),
  };
}

async function open(access: ClusterAccess, last: Opened | undefined): Promise<Opened> {
  const kubeConfig = await loadKubeConfig(access);
  const cluster = kubeConfig.getCurrentCluster()!;
  const options: RequestOptions = {};
  await kubeConfig.applyToHTTPSOptions(options);
  const server = withoutTrailingSlashes(cluster.server);
  const fingerprint = JSON.stringify([server, cluster.proxyUrl, ...tlsNames.map((name) => String(options[name]))]);
  if (last?.fingerprint === fingerprint) options.agent = last.options.agent!;
  // The library's agent keeps no connections alive, but supports proxies.
  else if (!cluster.proxyUrl) options.agent = agentOf(server, options);
  return { server, options, fingerprint };
}

const tlsNames = ["ca", "cert", "key", "pfx", "passphrase", "servername", "rejectUnauthorized"] as const;

function agentOf(server: string, options: RequestOptions): Agent {
  // Callers limit the number of concurrent requests: none must wait for a connection while its timeout runs.
  const common = { keepAlive: true, timeout: idleMs };
  if (server.startsWith("http:")) return new Agent(common);
  const given = tlsNames.filter((name) => options[name] !== undefined && options[name] !== null);
  return new TlsAgent({ ...common, ...Object.fromEntries(given.map((name) => [name, options[name]])) });
}
