import { median } from "../measure/stats.ts";
import { type Case, caseName } from "./cases.ts";
import type { CpuFigures } from "./measure-cpu.ts";
import { peerNames } from "./peers.ts";

/** What the CPU time of ours is measured against: at most so many times that of a peer in a case. */
export interface CpuTarget {
  readonly name: string;
  readonly peer: string;
  readonly limit: number;
}

function targets(
  protocol: Case["protocol"],
  form: Case["form"],
  rows: readonly number[],
  limits: Readonly<Record<string, number>>,
): CpuTarget[] {
  return rows.flatMap((count) =>
    Object.entries(limits).map(([peer, limit]) => {
      return { name: caseName({ protocol, form, rows: count, model: "" }), peer, limit };
    }),
  );
}

const { grpcGo, connectGo, connectNode, nodeProxy, reverseProxy } = peerNames;

/** The targets that are ratios of CPU time. */
export const cpuTargets: readonly CpuTarget[] = [
  ...targets("grpc", "instances", [1], { [grpcGo]: 1, [connectNode]: 0.3 }),
  ...targets("grpc", "tensor", [1], { [grpcGo]: 1, [connectNode]: 0.3 }),
  ...targets("grpc", "instances", [100, 1000, 10_000], { [grpcGo]: 0.35, [connectGo]: 0.35 }),
  ...targets("grpc", "tensor", [1000], { [grpcGo]: 0.6 }),
  ...targets("grpc", "body", [1, 100, 1000, 10_000], { [grpcGo]: 1.2 }),
  ...targets("connect-json", "instances", [1], { [connectGo]: 0.7, [connectNode]: 0.45 }),
  ...targets("connect-json", "instances", [1000], { [connectGo]: 0.15, [connectNode]: 0.3 }),
  ...targets("rest", "body", [1], { [nodeProxy]: 1.1, [reverseProxy]: 0.9 }),
  ...targets("rest", "body", [100, 1000, 10_000], { [nodeProxy]: 1.15 }),
];

/** A target with what was measured. */
export interface Judged extends CpuTarget {
  readonly oursMicros: number;
  readonly peerMicros: number;
  readonly ratio: number;
  readonly met: boolean;
}

/** Compares the medians of a run with the targets. Cases that were not measured are left out. */
export function judge(figures: CpuFigures, among: readonly CpuTarget[] = cpuTargets): Judged[] {
  return among.flatMap((target) => {
    const byPeer = figures.get(target.name);
    const own = byPeer?.get(peerNames.bundle);
    const other = byPeer?.get(target.peer);
    if (own === undefined || other === undefined) return [];
    const [oursMicros, peerMicros] = [median(own), median(other)];
    const ratio = oursMicros / peerMicros;
    return [{ ...target, oursMicros, peerMicros, ratio, met: ratio <= target.limit }];
  });
}
