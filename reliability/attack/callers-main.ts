/**
 * Predicts by REST and by gRPC, one call after the other, in a process of its own: what an attack costs its sender must not
 * pass for what it costs others. Answers every message with what came of its calls since the last one.
 *
 *   node reliability/attack/callers-main.ts '{"port": 8080, "model": "other", "headers": {}, "pids": [42]}'
 */

import { waitedSoFar } from "../../measure/core-wait.ts";
import { createCaller } from "../load/caller.ts";
import { loadWays } from "../load/way.ts";
import type { OtherCallersOptions, OtherCalls } from "./other-callers.ts";

/** Short, so that there are hundreds of calls: of a hundred the 99th percentile would be the slowest. */
const pauseMs = 5;
const deadlineMs = 10_000;

const { port, model, headers, pids } = JSON.parse(process.argv[2]!) as OtherCallersOptions;
// A call goes through this process, the service and the model server: time in which none of them got a core is the machine's.
const all = [process.pid, ...pids];
let times: number[] = [];
let failed = 0;
let number = 0;

process.on("message", () => {
  const calls: OtherCalls = { times, failed };
  times = [];
  failed = 0;
  process.send!(calls);
});
process.on("disconnect", () => process.exit());

for (const way of loadWays.filter(({ name }) => name === "rest/1.1" || name === "grpc/2")) {
  const caller = createCaller(way, port, headers);
  const call = async (): Promise<void> => {
    number++;
    const [began, waitedBefore] = [performance.now(), waitedSoFar(all)];
    const { code } = await caller.call({ model, id: `other-${number}`, number, deadlineMs });
    const waited = waitedSoFar(all) - waitedBefore;
    if (code === "ok") times.push(Math.max(0, performance.now() - began - waited));
    else failed++;
    setTimeout(call, pauseMs);
  };
  void call();
}
