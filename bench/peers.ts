import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../measure/free-port.ts";
import { paths, root } from "../measure/paths.ts";
import { shippedFlags } from "../measure/shipped-flags.ts";
import type { Protocol } from "./cases.ts";
import type { Command } from "./server-process.ts";

/** A server that is measured. */
export interface Peer {
  readonly name: string;
  readonly protocols: readonly Protocol[];
  /** How to start it in front of an upstream. */
  command(upstreamPort: number): Command | Promise<Command>;
}

/** Models of ours by name. */
export type Models = readonly string[];

/** The log leaves out its line per call, as no peer writes one; a stop takes no longer than it must. */
const commonEnv = { LOG_LEVEL: "warn", HOST: "127.0.0.1", SHUTDOWN_GRACE: "0s" };

/**
 * The command that starts ours with some models. Everything stays on as it is by default: validation, metrics, request
 * ids, header handling, readiness checks; only the log leaves out its line per call (`LOG_LEVEL=warn`), as no peer
 * writes one.
 */
export async function ours(
  name: string,
  entry: readonly string[],
  models: Models,
  upstreamPort: number,
  env: Readonly<Record<string, string>> = {},
): Promise<Command> {
  const url = `http://127.0.0.1:${upstreamPort}`;
  const registry = JSON.stringify(models.map((model) => ({ name: model, type: "anomaly", url })));
  // The line of the log that names the port is at `info`, so the port is chosen here.
  const port = await freePort();
  return {
    name,
    program: process.execPath,
    args: entry,
    env: { ...commonEnv, PORT: String(port), KSERVE_MODEL_REGISTRY: registry, ...env },
    ports: { http1: port, http2: port },
  };
}

/** How the bundle is started. */
export const bundleEntry: readonly string[] = [...shippedFlags, paths.bundle, "serve"];

const everything: readonly Protocol[] = ["grpc", "connect-json", "connect-binary", "grpc-web", "rest"];
const rpcs: readonly Protocol[] = ["grpc", "connect-json", "connect-binary", "grpc-web"];

/** The names that targets and tables refer to. */
export const peerNames = {
  bundle: "ours",
  source: "ours, from source",
  noFastPath: "ours, FAST_PATH=off",
  connectNode: "connect-node",
  grpcJs: "grpc-js",
  grpcGo: "grpc-go",
  connectGo: "connect-go",
  nodeProxy: "node:http proxy",
  reverseProxy: "Go ReverseProxy",
  nginx: "nginx",
} as const;

/** Ours in its forms, then everything that it is measured against. */
export function peersFor(models: Models): readonly Peer[] {
  const our = (name: string, entry: readonly string[], env: Readonly<Record<string, string>>): Peer => ({
    name,
    protocols: everything,
    command: (upstreamPort) => ours(name, entry, models, upstreamPort, env),
  });
  const node = (name: string, file: string, protocols: readonly Protocol[]): Peer => ({
    name,
    protocols,
    command: (upstreamPort) => ({
      name,
      program: process.execPath,
      args: [join(root, "bench/peers", file), `http://127.0.0.1:${upstreamPort}`],
    }),
  });
  const go = (name: string, program: string, protocols: readonly Protocol[]): Peer => ({
    name,
    protocols,
    command: (upstreamPort) => ({
      name,
      program: join(paths.peers, program),
      args: ["-upstream", `http://127.0.0.1:${upstreamPort}`],
    }),
  });
  return [
    our(peerNames.bundle, bundleEntry, {}),
    our(peerNames.source, [join(root, "src/main.ts"), "serve"], {}),
    our(peerNames.noFastPath, bundleEntry, { FAST_PATH: "off" }),
    node(peerNames.connectNode, "connect-node.ts", rpcs),
    node(peerNames.grpcJs, "grpc-js.ts", ["grpc"]),
    go(peerNames.grpcGo, "grpc", ["grpc"]),
    go(peerNames.connectGo, "connect", rpcs),
    node(peerNames.nodeProxy, "node-proxy.ts", ["rest"]),
    go(peerNames.reverseProxy, "reverse-proxy", ["rest"]),
    { name: peerNames.nginx, protocols: ["rest"], command: nginxCommand },
  ];
}

async function nginxCommand(upstreamPort: number): Promise<Command> {
  const port = await freePort();
  const prefix = join(paths.work, "nginx");
  mkdirSync(prefix, { recursive: true });
  const template = readFileSync(join(root, "bench/peers/nginx.conf"), "utf8");
  const config = template.replace("@UPSTREAM_PORT@", String(upstreamPort)).replace("@PORT@", String(port));
  writeFileSync(join(prefix, "nginx.conf"), config);
  return {
    name: peerNames.nginx,
    program: paths.nginx,
    args: ["-p", prefix, "-c", "nginx.conf", "-e", "stderr"],
    ports: { http1: port, http2: 0 },
  };
}
