import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { paths } from "../measure/paths.ts";
import { answerBody, modelOf, slowModel } from "./payload.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

/** The models that the upstream serves, besides those that only a start is measured with. */
export const upstreamModels: readonly string[] = [...[1, 100, 1000, 10_000].map(modelOf), slowModel];

/** The model server that all peers call. */
export interface Upstream extends ServerProcess {
  readonly port: number;
  /** How many predictions it has answered. */
  answered(): Promise<number>;
}

/** Writes the answers of all models and starts the upstream with them. */
export async function startUpstream(core: number): Promise<Upstream> {
  const folder = join(paths.work, "answers");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const rows of [1, 100, 1000, 10_000]) writeFileSync(join(folder, `${modelOf(rows)}.json`), answerBody(rows));
  writeFileSync(join(folder, `${slowModel}.json`), answerBody(1));
  const server = await startServer(
    { name: "upstream", program: join(paths.peers, "upstream"), args: ["-answers", folder] },
    core,
  );
  const port = server.ports.http1;
  return {
    ...server,
    port,
    async answered() {
      const response = await fetch(`http://127.0.0.1:${port}/count`);
      return Number(await response.text());
    },
  };
}
