import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { ModelServerOptions } from "./main.ts";

/** The model server in a process of its own. */
export interface ModelServer {
  readonly pid: number;
  /** The address of a model. */
  url(model: string): string;
  /** Begins or ends the faults of all models. */
  setFaulty(faulty: boolean): Promise<void>;
  /** Ends it by SIGKILL, in the middle of whatever it does. */
  kill(): Promise<void>;
}

const program = join(import.meta.dirname, "main.ts");

/** Starts the model server and waits until all its ports are open. */
export async function startModelServer(options: ModelServerOptions): Promise<ModelServer> {
  const child: ChildProcess = fork(program, [JSON.stringify(options)], { stdio: ["ignore", "pipe", "inherit", "ipc"] });
  const exit = once(child, "exit");
  const [line] = (await Promise.race([
    once(child.stdout!.setEncoding("utf8"), "data"),
    exit.then(([status]) => Promise.reject(new Error(`the model server ended with ${status}`))),
  ])) as [string];
  const { ports } = JSON.parse(line) as { ports: Readonly<Record<string, number>> };
  return {
    pid: child.pid!,
    url: (model) => `http://127.0.0.1:${ports[model]}`,
    async setFaulty(faulty) {
      child.send({ faulty });
      await once(child, "message");
    },
    async kill() {
      child.kill("SIGKILL");
      await exit;
    },
  };
}
