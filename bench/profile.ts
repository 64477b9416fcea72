/**
 * Shows where the time goes: runs ours from source under Node's profiler with small and with large gRPC predictions, and
 * rewrites the hot spots in the document. `node bench/profile.ts [--no-write]`.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { replacePart } from "../measure/document.ts";
import { paths, root } from "../measure/paths.ts";
import { shippedFlags } from "../measure/shipped-flags.ts";
import { table } from "../measure/table.ts";
import { prepare } from "./build.ts";
import { type Case, caseName } from "./cases.ts";
import { type CpuProfile, hotSpots, sharesByRoom } from "./cpu-profile.ts";
import { wireRequest } from "./exchange.ts";
import { h2load } from "./h2load.ts";
import { modelOf } from "./payload.ts";
import { ours } from "./peers.ts";
import { startServer } from "./server-process.ts";
import { startUpstream, upstreamModels } from "./upstream.ts";

const cases: readonly (Case & { readonly requests: number })[] = [
  { protocol: "grpc", form: "instances", rows: 1, model: modelOf(1), requests: 100_000 },
  { protocol: "grpc", form: "instances", rows: 1000, model: modelOf(1000), requests: 6000 },
  { protocol: "rest", form: "body", rows: 1, model: modelOf(1), requests: 100_000 },
  { protocol: "rest", form: "body", rows: 1000, model: modelOf(1000), requests: 6000 },
];

async function profileOf(one: (typeof cases)[number], upstreamPort: number): Promise<CpuProfile> {
  const folder = join(paths.work, "profile");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const flags = [...shippedFlags, "--cpu-prof", `--cpu-prof-dir=${folder}`, "--cpu-prof-interval=500"];
  const entry = [...flags, join(root, "src/main.ts"), "serve"];
  const server = await startServer(await ours("ours, profiled", entry, upstreamModels, upstreamPort), 0);
  const { path, headers, body } = wireRequest(one);
  const bodyFile = join(paths.work, "profile.bin");
  writeFileSync(bodyFile, body);
  const version = one.protocol === "grpc" ? 2 : 1;
  const result = await h2load({
    ...{ core: 1, port: server.ports.http2, version, path, headers, bodyFile, requests: one.requests },
    ...{ connections: version === 2 ? 8 : 32, streams: version === 2 ? 4 : 1 },
  });
  if (result.failed > 0) throw new Error(`${caseName(one)}: ${result.failed} requests failed`);
  await server.stop();
  const [file] = readdirSync(folder);
  return JSON.parse(readFileSync(join(folder, file!), "utf8")) as CpuProfile;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

function section(one: Case, profile: CpuProfile): string {
  const spots = hotSpots(profile, 12).map(({ name, place, share }) => [
    `\`${name}\``,
    place === "" ? "native" : `\`${place}\``,
    percent(share),
  ]);
  const rooms = sharesByRoom(profile)
    .slice(0, 10)
    .map(({ room, share }) => [room, percent(share)]);
  return [
    `### \`${caseName(one)}\``,
    table(["where", "share of the CPU time"], rooms, [1]),
    table(["function, by its own time", "file or package", "share"], spots, [2]),
  ].join("\n\n");
}

prepare();
mkdirSync(paths.work, { recursive: true });
const upstream = await startUpstream(1);
try {
  const sections: string[] = [];
  for (const one of cases) sections.push(section(one, await profileOf(one, upstream.port)));
  const content = sections.join("\n\n");
  console.log(content);
  if (!process.argv.includes("--no-write")) {
    writeFileSync(paths.document, replacePart(readFileSync(paths.document, "utf8"), "profiles", content));
  }
} finally {
  await upstream.stop();
}
