import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { paths } from "../measure/paths.ts";
import { rss } from "../measure/proc-stat.ts";
import { type Context, type Finding, mebibytes } from "./context.ts";
import { wireRequest } from "./exchange.ts";
import { h2load } from "./h2load.ts";
import { slowModel } from "./payload.ts";
import { bundleEntry, ours, peerNames } from "./peers.ts";
import { send } from "./send.ts";
import { startServer } from "./server-process.ts";

const calls = 10_000;
const limitBytes = 500 * 1024 ** 2;

/** Ten thousand predictions under way at once, on an upstream that takes a second, over few and many connections. */
export async function measureInFlight(context: Context): Promise<Finding[]> {
  const request = wireRequest({ protocol: "grpc", form: "instances", rows: 1, model: slowModel });
  const bodyFile = join(paths.work, "in-flight.bin");
  writeFileSync(bodyFile, request.body);
  const findings: Finding[] = [];
  for (const connections of [10, 100, 1000]) {
    const command = await ours(peerNames.bundle, bundleEntry, [slowModel], context.upstream.port, {
      // The default of 256 exists to protect models; here it would refuse the calls.
      KSERVE_MAX_IN_FLIGHT: String(calls),
    });
    const server = await startServer(command, context.serverCore);
    const answer = await send(server.ports.http2, 2, request);
    const { path, headers } = request;
    const result = await h2load({
      ...{ core: context.loadCore, port: server.ports.http2, version: 2, path, headers, bodyFile },
      ...{ requests: calls, connections, streams: calls / connections },
    });
    const { peak } = rss(server.pid);
    await server.stop();
    // A call that failed has no message.
    const answered = Math.floor(result.contentBytes / answer.body.length);
    findings.push({
      what: `10,000 predictions in flight over ${connections.toLocaleString("en")} connections, 1 s upstream`,
      server: peerNames.bundle,
      measured: `${answered.toLocaleString("en")} answered within ${result.seconds.toFixed(1)} s, ${mebibytes(peak)} at the peak`,
      target: "all answered, at most 500 MiB",
      met: answered === calls && peak <= limitBytes,
    });
  }
  context.progress("calls in flight are measured");
  return findings;
}
