import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { paths } from "../measure/paths.ts";
import { cpuMs } from "../measure/proc-stat.ts";
import { type Case, caseName, httpVersion } from "./cases.ts";
import { problemOf, type WireRequest, wireRequest } from "./exchange.ts";
import { h2load } from "./h2load.ts";
import type { Peer } from "./peers.ts";
import { send } from "./send.ts";
import type { ServerProcess } from "./server-process.ts";
import type { Upstream } from "./upstream.ts";

/** A server under test. */
export interface Running {
  readonly peer: Peer;
  readonly server: ServerProcess;
}

/** CPU time per request in microseconds, one figure per round, by case and peer. */
export type CpuFigures = ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;

export interface CpuOptions {
  readonly cases: readonly Case[];
  readonly running: readonly Running[];
  readonly upstream: Upstream;
  readonly loadCore: number;
  readonly rounds: number;
  /** How long one measurement takes about, in seconds. */
  readonly seconds: number;
  /** How long each case is warmed up about, in seconds. */
  readonly warmSeconds: number;
  readonly progress: (text: string) => void;
}

/** One peer with one case, ready to be measured. */
interface Spot {
  readonly one: Case;
  readonly running: Running;
  readonly request: WireRequest;
  readonly bodyFile: string;
  /** The length of the answer that was decoded and compared. */
  readonly answerBytes: number;
  readonly requests: number;
  readonly figures: number[];
}

/**
 * Measures every case with every peer that serves it: first one answer is decoded and compared, then the peer is warmed
 * up, then rounds go over all cases and peers in turn, so that a drift of the machine meets everybody alike.
 *
 * @throws where one answer is wrong
 */
export async function measureCpu(options: CpuOptions): Promise<CpuFigures> {
  const spots: Spot[] = [];
  for (const one of options.cases) {
    const request = wireRequest(one);
    const bodyFile = join(paths.work, `${caseName(one).replaceAll("/", "-")}.bin`);
    writeFileSync(bodyFile, request.body);
    for (const running of options.running) {
      if (!running.peer.protocols.includes(one.protocol)) continue;
      spots.push(await warmUp({ one, running, request, bodyFile }, options));
    }
    options.progress(`warm: ${caseName(one)}`);
  }
  for (let round = 1; round <= options.rounds; round++) {
    for (const spot of spots) spot.figures.push(await measure(spot, options));
    options.progress(`round ${round} of ${options.rounds} is done`);
  }
  const figures = new Map<string, Map<string, readonly number[]>>();
  for (const { one, running, figures: found } of spots) {
    const byPeer = figures.get(caseName(one)) ?? new Map<string, readonly number[]>();
    figures.set(caseName(one), byPeer.set(running.peer.name, found));
  }
  return figures;
}

async function warmUp(
  start: Pick<Spot, "one" | "running" | "request" | "bodyFile">,
  options: CpuOptions,
): Promise<Spot> {
  const { one, running, request } = start;
  const answer = await send(portOf(start), httpVersion(one.protocol), request);
  const problem = problemOf(one, answer);
  if (problem !== undefined) throw new Error(`${running.peer.name}, ${caseName(one)}: ${problem}`);
  const spot = { ...start, answerBytes: answer.body.length, figures: [] };
  const first = Math.max(16, Math.round(3000 / (1 + one.rows / 50)));
  let perSecond = first / (await load(spot, first, options)).seconds;
  // Until the code that runs here has been compiled for good: Node needs some ten thousand requests for that.
  const second = requestsFor(options.warmSeconds, perSecond);
  perSecond = second / (await load(spot, second, options)).seconds;
  return { ...spot, requests: requestsFor(options.seconds, perSecond) };
}

function requestsFor(seconds: number, perSecond: number): number {
  return Math.max(16, Math.ceil(seconds * perSecond));
}

async function measure(spot: Spot, options: CpuOptions): Promise<number> {
  const { pid } = spot.running.server;
  const before = cpuMs(pid);
  await load(spot, spot.requests, options);
  return ((cpuMs(pid) - before) * 1000) / spot.requests;
}

/** Sends requests, and holds the peer and the upstream to account for every one of them. */
async function load(
  spot: Omit<Spot, "requests">,
  requests: number,
  { loadCore, upstream }: CpuOptions,
): Promise<{ seconds: number }> {
  const { one, running, request, bodyFile, answerBytes } = spot;
  const version = httpVersion(one.protocol);
  const underWay = one.rows >= 10_000 ? 4 : one.rows >= 1000 ? 16 : 32;
  const streams = version === 2 ? 4 : 1;
  const answeredBefore = await upstream.answered();
  const result = await h2load({
    core: loadCore,
    port: portOf(spot),
    version,
    path: request.path,
    headers: request.headers,
    bodyFile,
    requests,
    connections: underWay / streams,
    streams,
  });
  const answered = (await upstream.answered()) - answeredBefore;
  const where = `${running.peer.name}, ${caseName(one)}`;
  if (result.failed > 0) throw new Error(`${where}: ${result.failed} of ${requests} requests failed`);
  if (answered !== requests) throw new Error(`${where}: the upstream answered ${answered} of ${requests} requests`);
  // The status of gRPC is in trailers, which h2load does not look at. A failed call has no message, so that every
  // answer was one if together they are as long as they must be.
  if (result.contentBytes !== requests * answerBytes) {
    throw new Error(`${where}: ${result.contentBytes} bytes of answers, not ${requests} × ${answerBytes}`);
  }
  return result;
}

function portOf({ one, running }: Pick<Spot, "one" | "running">): number {
  const { http1, http2 } = running.server.ports;
  return httpVersion(one.protocol) === 2 ? http2 : http1;
}
