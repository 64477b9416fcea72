import { median } from "../measure/stats.ts";
import { figure, table } from "../measure/table.ts";
import { type Case, caseName, type forms, type Protocol, protocols } from "./cases.ts";
import type { Finding } from "./context.ts";
import type { CpuFigures } from "./measure-cpu.ts";
import { peerNames } from "./peers.ts";
import { judge } from "./targets.ts";

/** What a protocol is called in the tables. */
const titles: Readonly<Record<Protocol, string>> = {
  grpc: "gRPC, HTTP/2",
  "connect-json": "Connect JSON, HTTP/1.1",
  "connect-binary": "Connect binary, HTTP/1.1",
  "grpc-web": "gRPC-Web, HTTP/1.1",
  rest: "REST, HTTP/1.1",
};

/** Ours and theirs, case by case, against the targets; then what else there is a target for. */
export function targetTable(figures: CpuFigures, findings: readonly Finding[]): string {
  const ratios = judge(figures).map(({ name, peer, limit, oursMicros, peerMicros, ratio, met }) => [
    describe(name),
    figure(oursMicros),
    `${peer}: ${figure(peerMicros)}`,
    `${limit} ×`,
    `${ratio.toFixed(2)} ×`,
    verdict(met),
  ]);
  const others = findings.flatMap(({ what, measured, target, met }) =>
    target === undefined || met === undefined ? [] : [[what, "", "", target, measured, verdict(met)]],
  );
  const rows = [...ratios, ...others];
  return table(["case", "ours, µs", "peer, µs", "target, at most", "measured", ""], rows, [1, 2, 3, 4]);
}

/** All figures, a table for each protocol: microseconds, and in brackets how many times ours. */
export function cpuTables(figures: CpuFigures, cases: readonly Case[]): string {
  return protocols
    .filter((protocol) => cases.some((one) => one.protocol === protocol))
    .map(
      (protocol) =>
        `### ${titles[protocol]}\n\n${cpuTable(
          figures,
          cases.filter((one) => one.protocol === protocol),
        )}`,
    )
    .join("\n\n");
}

function cpuTable(figures: CpuFigures, cases: readonly Case[]): string {
  const peers = [...new Set(cases.flatMap((one) => [...(figures.get(caseName(one))?.keys() ?? [])]))];
  const rows = cases.map((one) => {
    const byPeer = figures.get(caseName(one));
    const own = median(byPeer?.get(peerNames.bundle) ?? []);
    const cells = peers.map((peer) => {
      const value = median(byPeer?.get(peer) ?? []);
      return peer === peerNames.bundle ? `**${figure(value)}**` : `${figure(value)} (${(value / own).toFixed(2)})`;
    });
    return [`${one.rows.toLocaleString("en")} × 8 \`${one.form}\``, ...cells];
  });
  return table(
    ["rows", ...peers],
    rows,
    peers.map((_, i) => i + 1),
  );
}

/** What is measured besides CPU time. */
export function findingTable(findings: readonly Finding[]): string {
  const rows = findings.map(({ what, server, measured, target = "", met }) => {
    return [what, server, measured, target, met === undefined ? "" : verdict(met)];
  });
  return table(["what", "server", "measured", "target", ""], rows);
}

/** A case in words: `gRPC, 1,000 × 8 \`instances\``. */
export function describe(name: string): string {
  const [protocol, form, rows] = name.split("/") as [Protocol, (typeof forms)[number], string];
  return `${titles[protocol].split(",")[0]}, ${Number(rows).toLocaleString("en")} × 8 \`${form}\``;
}

function verdict(met: boolean): string {
  return met ? "met" : "**not met**";
}
