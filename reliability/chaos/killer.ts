import { setTimeout as sleep } from "node:timers/promises";
import { type ModelServer, startModelServer } from "../model-server/model-server.ts";

/** A model whose process is killed and started again, in turn. */
export interface KilledModel {
  readonly url: string;
  /** Kills and restarts it until the signal aborts; it runs afterwards. */
  killInTurn(until: AbortSignal): Promise<number>;
  stop(): Promise<void>;
}

const upMs = 2000;
const downMs = 500;

export async function startKilledModel(executionsFile: string): Promise<KilledModel> {
  const options = { models: ["kill"], executionsFile };
  let server: ModelServer = await startModelServer(options);
  const url = server.url("kill");
  const port = Number(new URL(url).port);
  return {
    url,
    async killInTurn(until) {
      let kills = 0;
      while (!until.aborted) {
        await sleep(upMs, undefined, { signal: until }).catch(() => {});
        await server.kill();
        kills++;
        await sleep(downMs);
        server = await startModelServer({ ...options, port });
      }
      return kills;
    },
    stop: () => server.kill(),
  };
}
