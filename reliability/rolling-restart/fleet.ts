import { type ServiceProcess, startServiceProcess } from "../../measure/service-process.ts";
import { environmentOf } from "../../test/support/running-service.ts";
import { until } from "../../test/support/until.ts";
import type { ReadyInstances } from "./ready-instances.ts";

/** The instances of the service, each on a port of its own that it keeps over restarts. */
export interface Fleet {
  readonly ports: readonly number[];
  /** Restarts the next instance in turn, and waits until it is ready again. */
  restartNext(instances: ReadyInstances): Promise<void>;
  /** How instances ended that did not end with 0 and without a word on standard error. */
  readonly badEnds: readonly string[];
  stop(): Promise<void>;
}

const size = 2;
/** The default in a cluster. */
const shutdownDelay = "5s";
const readyMs = 20_000;

/** Starts the instances, with one model. */
export async function startFleet(model: string, modelUrl: string): Promise<Fleet> {
  const env = environmentOf([{ name: model }], modelUrl, { SHUTDOWN_DELAY: shutdownDelay });
  const processes: ServiceProcess[] = [];
  for (let i = 0; i < size; i++) processes.push(await startServiceProcess(env));
  const ports = processes.map(({ port }) => port);
  const badEnds: string[] = [];
  let turn = 0;
  return {
    ports,
    badEnds,
    async restartNext(instances) {
      const at = turn++ % size;
      const port = ports[at]!;
      const old = processes[at]!;
      const status = await old.stop();
      if (status !== 0 || old.stderr() !== "") badEnds.push(`${status} ${old.stderr()}`);
      processes[at] = await startServiceProcess({ ...env, PORT: String(port) });
      await until(() => instances.isReady(port), "the new instance is ready", readyMs);
    },
    async stop() {
      await Promise.all(processes.map((process) => process.stop()));
    },
  };
}
