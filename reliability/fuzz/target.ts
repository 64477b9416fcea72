import { type LogLine, type ServiceProcess, startServiceProcess } from "../../measure/service-process.ts";
import { send } from "../../test/support/http-client.ts";
import { environmentOf } from "../../test/support/running-service.ts";
import { until } from "../../test/support/until.ts";
import { type ModelServer, startModelServer } from "../model-server/model-server.ts";
import { type Vitals, vitalsOf } from "../process/vitals.ts";
import { fuzzModels, validRest } from "./valid-requests.ts";

/** What the service holds when nothing is under way. */
export interface Rest extends Vitals {
  /** What lives on after a collection of garbage, in bytes. The resident memory is that after the collection too. */
  readonly liveBytes: number;
}

/** The service under attack, and what it says about itself. */
export interface Target {
  readonly service: ServiceProcess;
  /** What the log blames on the service, and what it wrote to standard error, since the last look. */
  takeFaults(): readonly LogLine[];
  /** Fails unless good requests get the answers they should. */
  expectGoodAnswers(): Promise<void>;
  /** Waits until no more sockets are open than given, as far as that happens, and looks at what is held then. */
  rest(sockets?: number): Promise<Rest>;
  stop(): Promise<number | string>;
}

const restMs = 20_000;
/** The port that is listened on, and what Node itself has open. */
const idleSockets = 5;

/** Starts the service with its models on a model server that always answers. */
export async function startTarget(): Promise<Target> {
  const modelServer: ModelServer = await startModelServer({ models: fuzzModels.map(({ name }) => name) });
  const models = fuzzModels.map((model) => ({ ...model, url: modelServer.url(model.name) }));
  let faults: LogLine[] = [];
  const env = environmentOf(models, "", { LOG_LEVEL: "info", KSERVE_IDLE_TIMEOUT: "1s" });
  const service = await startServiceProcess(env, {
    onLine(line) {
      // At `info` are the calls that went as they should, or failed by the caller's doing.
      if (line.level !== "info") faults.push(line);
    },
  });
  let stderrSeen = 0;
  return {
    service,
    takeFaults() {
      const taken = faults;
      faults = [];
      const stderr = service.stderr().slice(stderrSeen);
      stderrSeen += stderr.length;
      return stderr === "" ? taken : [...taken, { level: "stderr", msg: stderr }];
    },
    async expectGoodAnswers() {
      for (const { method, path, body } of validRest) {
        for (const version of ["1.1", "2"] as const) {
          const { status } = await send(version, {
            url: service.url,
            method,
            path,
            ...(body === undefined ? {} : { body }),
          });
          if (status !== 200) throw new Error(`${method} ${path} over HTTP/${version} got ${status}`);
        }
      }
    },
    async rest(sockets = idleSockets) {
      // The first look opens the debugger, which has sockets of its own from then on.
      await service.liveBytes();
      const isAtRest = (): boolean => vitalsOf(service.pid).sockets <= sockets;
      await until(isAtRest, "the service lets go of its connections", restMs).catch(() => {});
      const liveBytes = await service.liveBytes();
      return { ...vitalsOf(service.pid), liveBytes };
    },
    async stop() {
      const status = await service.stop();
      await modelServer.kill();
      return status;
    },
  };
}
