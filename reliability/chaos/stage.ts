import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LogLine, type ServiceProcess, startServiceProcess } from "../../measure/service-process.ts";
import { environmentOf } from "../../test/support/running-service.ts";
import { until } from "../../test/support/until.ts";
import { type FaultName, faults } from "../model-server/faults.ts";
import { type ModelServer, startModelServer } from "../model-server/model-server.ts";
import { readMetric, type Vitals, vitalsOf } from "../process/vitals.ts";
import { readExecutions } from "./executions.ts";
import { type KilledModel, startKilledModel } from "./killer.ts";

/** The names of the models: those that stay healthy, and one for each fault. */
export const healthyModels = ["healthy-1", "healthy-2"] as const;
export const faultNames = Object.keys(faults) as FaultName[];

/** The longest that a prediction may take, by the entry of each model. */
export const modelTimeoutMs = 1000;

/** What the service holds when nothing is under way. */
export interface Rest extends Vitals {
  readonly inFlight: number;
  /** What lives on after a collection of garbage. */
  readonly liveBytes: number;
}

/** The service, its models, and what they are seen to do. */
export interface Stage {
  readonly service: ServiceProcess;
  /** The process of all models but the one that is killed. */
  readonly modelServerPid: number;
  /** Faults of the service itself, by its log and its standard error. */
  readonly complaints: readonly string[];
  setFaulty(faulty: boolean): Promise<void>;
  readonly killed: KilledModel;
  executions(): ReadonlyMap<string, number>;
  /** Waits until nothing is under way and connections that are not needed are closed; then looks at what is held. */
  rest(sockets?: number): Promise<Rest>;
  stop(): Promise<void>;
}

const restMs = 15_000;

/** Starts all of it. Each model has an address of its own, as in a cluster. */
export async function createStage(): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "kserve-chaos-"));
  const files = { models: join(folder, "models"), killed: join(folder, "killed") };
  const names = [...healthyModels, ...faultNames.filter((name) => name !== "kill")];
  const modelServer: ModelServer = await startModelServer({ models: names, executionsFile: files.models });
  const killed = await startKilledModel(files.killed);
  const entries = [...names.map((name) => ({ name, url: modelServer.url(name) })), { name: "kill", url: killed.url }];
  const models = entries.map((entry) => ({ ...entry, timeout: `${modelTimeoutMs}ms` }));
  const complaints: string[] = [];
  const env = {
    ...environmentOf(models, ""),
    LOG_LEVEL: "info",
    KSERVE_IDLE_TIMEOUT: "2s",
    KSERVE_MAX_RESPONSE_SIZE: "1MiB",
  };
  const service = await startServiceProcess(env, {
    onLine(line) {
      const complaint = complaintOf(line);
      if (complaint !== undefined) complaints.push(complaint);
    },
  });
  return {
    service,
    modelServerPid: modelServer.pid,
    complaints,
    killed,
    setFaulty: (faulty) => modelServer.setFaulty(faulty),
    executions: () => readExecutions([files.models, files.killed]),
    async rest(sockets = Number.POSITIVE_INFINITY) {
      // First, because the debugger has handles of its own from then on.
      const liveBytes = await service.liveBytes();
      const inFlight = (): Promise<number> => readMetric(service.url, "kserve_registry_predictions_in_flight");
      const isAtRest = async (): Promise<boolean> =>
        (await inFlight()) === 0 && vitalsOf(service.pid).sockets <= sockets;
      await until(isAtRest, "the service comes to rest", restMs).catch(() => {});
      return { ...vitalsOf(service.pid), inFlight: await inFlight(), liveBytes };
    },
    async stop() {
      await service.stop();
      if (service.stderr() !== "") complaints.push(service.stderr());
      await modelServer.kill();
      await killed.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A line that blames this service: a fault that it did not foresee. Faults of models are what the run is about. */
function complaintOf({ level, msg, reason, cause }: LogLine): string | undefined {
  if (level === "error" || level === "fatal") return msg;
  return reason === "INTERNAL" ? String(cause) : undefined;
}
