import { quantile } from "../../measure/stats.ts";
import { createCaller } from "../load/caller.ts";
import { loadWays } from "../load/way.ts";
import { plainModel, type Victim } from "./victim.ts";

/** Callers that go on with their work while somebody else attacks. */
export interface OtherCallers {
  /** What came of their calls since this was last asked. */
  take(): { readonly failed: number; readonly p99Ms: number };
  stop(): Promise<void>;
}

const pauseMs = 20;
const deadlineMs = 10_000;

/** Lets callers predict by REST and by gRPC, one call after the other. */
export function startOtherCallers(victim: Victim, headers: Readonly<Record<string, string>>): OtherCallers {
  const ways = loadWays.filter(({ name }) => name === "rest/1.1" || name === "grpc/2");
  const callers = ways.map((way) => createCaller(way, victim.port, headers));
  let times: number[] = [];
  let failed = 0;
  let number = 0;
  const stopped = new AbortController();
  const work = callers.map(async (caller) => {
    while (!stopped.signal.aborted) {
      number++;
      const { code, ms } = await caller.call({ model: plainModel, id: `other-${number}`, number, deadlineMs });
      if (code === "ok") times.push(ms);
      else failed++;
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  });
  return {
    take() {
      const taken = { failed, p99Ms: quantile(times, 0.99) };
      times = [];
      failed = 0;
      return taken;
    },
    async stop() {
      stopped.abort();
      await Promise.all(work);
      for (const caller of callers) caller.close();
    },
  };
}
