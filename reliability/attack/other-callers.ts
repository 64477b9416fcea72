import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { otherModel, type Victim } from "./victim.ts";

/** What the process of the other callers is started with. */
export interface OtherCallersOptions {
  readonly port: number;
  readonly model: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The processes that a call goes through. */
  readonly pids: readonly number[];
}

/** What came of the calls of others. */
export interface OtherCalls {
  /** How long each that ended took, in milliseconds, without the time in which the machine gave no core. */
  readonly times: readonly number[];
  readonly failed: number;
}

/** Callers that go on with their work while somebody else attacks. */
export interface OtherCallers {
  /** What came of their calls since this was last asked. */
  take(): Promise<OtherCalls>;
  stop(): void;
}

const program = join(import.meta.dirname, "callers-main.ts");

/** Lets callers predict with a model of their own, on a model server that no attack reaches. */
export function startOtherCallers(victim: Victim, headers: Readonly<Record<string, string>>): OtherCallers {
  const { port, callPids: pids } = victim;
  const options: OtherCallersOptions = { port, model: otherModel, headers, pids };
  const child: ChildProcess = fork(program, [JSON.stringify(options)], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  const exit = once(child, "exit").then(([status]) =>
    Promise.reject(new Error(`the other callers ended with ${status}`)),
  );
  exit.catch(() => {});
  return {
    async take() {
      child.send({});
      const [calls] = await Promise.race([once(child, "message"), exit]);
      return calls as OtherCalls;
    },
    stop: () => child.disconnect(),
  };
}
