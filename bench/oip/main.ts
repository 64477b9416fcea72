/**
 * `npm run bench:oip`: what calls of the Open Inference Protocol cost, beside proxies of Go that do the same in one run: CPU
 * time for a call. Proxies of Node that do nothing but pass on show what can be had with it at all. What a round measures of
 * one server varies by half and more on a shared machine, so servers are compared within each round, one right after the
 * other, and the median of that counts. `--quick` makes few calls with few rows, so few that nothing is warm. `--write` puts
 * the table into docs/PERFORMANCE.md.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { replacePart } from "../../measure/document.ts";
import { watchForeignLoad } from "../../measure/foreign-load.ts";
import { freePort } from "../../measure/free-port.ts";
import { describeRun } from "../../measure/machine.ts";
import { paths, root } from "../../measure/paths.ts";
import { cpuMs } from "../../measure/proc-stat.ts";
import { median, quantile } from "../../measure/stats.ts";
import { figure, table } from "../../measure/table.ts";
import { prepare } from "../build.ts";
import { h2load } from "../h2load.ts";
import { bundleEntry } from "../peers.ts";
import { send } from "../send.ts";
import { type ServerProcess, startServer } from "../server-process.ts";
import { rowCounts, type Way, ways } from "./cases.ts";

const [serverCore, loadCore] = [0, 1];
const unknown = process.argv.slice(2).find((argument) => argument !== "--quick" && argument !== "--write");
const quick = process.argv.includes("--quick");
// Within 2 s of load V8 has compiled but a part of what a call runs: one took 445 µs then and 290 some 10,000 calls later.
const { rounds, seconds, warmSeconds } = quick
  ? { rounds: 3, seconds: 0.2, warmSeconds: 0.3 }
  : { rounds: 15, seconds: 0.5, warmSeconds: 6 };
const measuredRows = quick ? rowCounts.slice(0, 2) : rowCounts;

/** One server with one way and one number of rows. */
interface Spot {
  readonly way: Way;
  readonly rows: number;
  readonly name: string;
  readonly server: ServerProcess;
  readonly port: number;
  readonly bodyFile: string;
  readonly answerBytes: number;
  requests: number;
  /** CPU time of a call in microseconds, by round. */
  readonly figures: number[];
}

async function startOurs(upstream: ServerProcess): Promise<ServerProcess> {
  const port = await freePort();
  const entries = rowCounts.flatMap((rows) => [
    { name: `g-rows-${rows}`, protocol: "grpc-v2", url: `http://127.0.0.1:${upstream.ports.http2}` },
    { name: `r-rows-${rows}`, protocol: "v2", url: `http://127.0.0.1:${upstream.ports.http1}` },
  ]);
  return await startServer(
    {
      name: "ours",
      program: process.execPath,
      args: bundleEntry,
      env: {
        LOG_LEVEL: "warn",
        HOST: "127.0.0.1",
        SHUTDOWN_GRACE: "0s",
        PORT: String(port),
        KSERVE_MODEL_REGISTRY: JSON.stringify(entries.map((entry) => ({ type: "anomaly", ...entry }))),
      },
      ports: { http1: port, http2: port },
    },
    serverCore,
  );
}

async function load(spot: Spot, requests: number): Promise<number> {
  const { way, rows, port, bodyFile, answerBytes } = spot;
  const { path, headers } = way.requestOf(rows);
  const underWay = rows >= 10_000 ? 4 : rows >= 1000 ? 16 : 32;
  const streams = way.version === 2 ? 4 : 1;
  const result = await h2load({
    ...{ core: loadCore, port, version: way.version, path, headers, bodyFile, requests, streams },
    connections: underWay / streams,
  });
  const where = `${spot.name}, ${way.name}, ${rows} rows`;
  if (result.failed > 0) throw new Error(`${where}: ${result.failed} of ${requests} calls failed`);
  if (result.contentBytes !== requests * answerBytes) {
    throw new Error(`${where}: ${result.contentBytes} bytes of answers, not ${requests} × ${answerBytes}`);
  }
  return result.seconds;
}

/** Compares one answer, warms the server up, and finds how many calls a measurement takes. */
async function warmUp(way: Way, rows: number, name: string, server: ServerProcess): Promise<Spot> {
  const request = way.requestOf(rows);
  const bodyFile = join(paths.work, `oip-${way.name.replaceAll(/\W+/g, "-")}-${rows}.bin`);
  writeFileSync(bodyFile, request.body);
  const port = way.version === 2 ? server.ports.http2 : server.ports.http1;
  const answer = await send(port, way.version, request);
  const problem = way.problemOf(answer, rows);
  if (problem !== undefined) throw new Error(`${name}, ${way.name}, ${rows} rows: ${problem}`);
  const spot: Spot = {
    way,
    rows,
    name,
    server,
    port,
    bodyFile,
    answerBytes: answer.body.length,
    requests: 0,
    figures: [],
  };
  const first = Math.max(16, Math.round(1000 / (1 + rows / 50)));
  const perSecond = first / (await load(spot, first));
  const warm = Math.max(16, Math.ceil(warmSeconds * perSecond));
  spot.requests = Math.max(16, Math.ceil((seconds * warm) / (await load(spot, warm))));
  return spot;
}

async function measure(spot: Spot): Promise<void> {
  const before = cpuMs(spot.server.pid);
  await load(spot, spot.requests);
  spot.figures.push(((cpuMs(spot.server.pid) - before) * 1000) / spot.requests);
}

function row(way: Way, rows: number, spots: readonly Spot[]): readonly string[] {
  const of = (name: string): readonly number[] =>
    spots.find((spot) => spot.way === way && spot.rows === rows && spot.name === name)!.figures;
  const [ours, theirs] = [of("ours"), of(way.peer)];
  const beside = (figures: readonly number[]): readonly number[] => figures.map((value, i) => value / theirs[i]!);
  const limit = way.atMost[rowCounts.indexOf(rows as (typeof rowCounts)[number])]!;
  const times = beside(ours);
  const [low, middle, high] = [0.25, 0.5, 0.75].map((share) => quantile(times, share).toFixed(2));
  const bare = way.bare === undefined ? undefined : of(way.bare);
  return [
    ...[way.name, String(rows), `${figure(median(ours))} µs`, `${way.peer}: ${figure(median(theirs))} µs`],
    ...[`${middle} ×`, `${low} to ${high}`, `at most ${limit} ×`, median(times) <= limit ? "met" : "not met"],
    bare === undefined ? "" : `${way.bare}: ${figure(median(bare))} µs, ${median(beside(bare)).toFixed(2)} ×`,
  ];
}

async function main(): Promise<void> {
  if (unknown !== undefined) throw new Error(`unknown argument ${unknown}; it takes only --quick and --write`);
  if (os.availableParallelism() < 2) throw new Error("two cores are needed, one for the server and one for the load");
  prepare();
  mkdirSync(paths.work, { recursive: true });
  const running: ServerProcess[] = [];
  const startPeer = async (name: string, program: string, args: readonly string[], core: number) => {
    const server = await startServer({ name, program: join(paths.peers, program), args }, core);
    running.push(server);
    return server;
  };
  try {
    const upstream = await startPeer("oip-upstream", "oip-upstream", [], loadCore);
    const restUrl = `http://127.0.0.1:${upstream.ports.http1}`;
    const ours = await startOurs(upstream);
    running.push(ours);
    const grpcUpstream = `127.0.0.1:${upstream.ports.http2}`;
    const proxyArgs = ["-upstream", restUrl, "-grpc-upstream", grpcUpstream];
    const proxy = await startPeer("oip-proxy", "oip-proxy", proxyArgs, serverCore);
    const reverse = await startPeer("reverse-proxy", "reverse-proxy", ["-upstream", restUrl], serverCore);
    const startBare = async (name: string, file: string, url: string) => {
      const args = [join(root, "bench/peers", file), url];
      const server = await startServer({ name, program: process.execPath, args }, serverCore);
      running.push(server);
      return server;
    };
    const bare = {
      "node:http2 proxy": await startBare("node-http2-proxy", "node-http2-proxy.ts", `http://${grpcUpstream}`),
      "node:http proxy": await startBare("node-proxy", "node-proxy.ts", restUrl),
    };
    const peers = { "grpc-go": proxy, "Go translator": proxy, "Go ReverseProxy": reverse };
    const foreignShare = watchForeignLoad(() => running.map(({ pid }) => pid));
    const spots: Spot[] = [];
    for (const way of ways) {
      for (const rows of measuredRows) {
        spots.push(await warmUp(way, rows, "ours", ours), await warmUp(way, rows, way.peer, peers[way.peer]));
        if (way.bare !== undefined) spots.push(await warmUp(way, rows, way.bare, bare[way.bare]));
      }
      console.log(`warm: ${way.name}`);
    }
    // In turn, so that a drift of the machine meets everybody alike.
    for (let round = 1; round <= rounds; round++) {
      for (const spot of spots) await measure(spot);
      console.log(`round ${round} of ${rounds} is done`);
    }
    const lines = ways.flatMap((way) => measuredRows.map((rows) => row(way, rows, spots)));
    const report = [
      describeRun(`npm run bench:oip${quick ? " -- --quick" : ""}`, rounds, foreignShare()),
      table(
        [
          "path",
          "rows",
          "ours",
          "peer",
          "ours ÷ peer",
          "half of the rounds are within",
          "target",
          "",
          "bare Node ÷ peer",
        ],
        lines,
        [1, 2, 4, 5],
      ),
    ].join("\n\n");
    console.log(`\n${report}`);
    if (process.argv.includes("--write")) {
      writeFileSync(paths.document, replacePart(readFileSync(paths.document, "utf8"), "oip", `\n${report}\n`));
    }
  } finally {
    await Promise.all(running.map((server) => server.stop()));
  }
}

try {
  await main();
} catch (error) {
  console.error(`bench:oip: ${(error as Error).message}`);
  process.exitCode = 1;
}
