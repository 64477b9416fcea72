import { setTimeout as sleep } from "node:timers/promises";
import { send } from "../../test/support/http-client.ts";

/** The instances that take part, as the endpoints of a Kubernetes Service do: those that say they are ready. */
export interface ReadyInstances {
  /** The port of the next ready instance, in turn. */
  next(): number;
  isReady(port: number): boolean;
  stop(): void;
}

/** How long a change takes to reach a balancer. */
const pollMs = 200;

/** Asks each instance again and again whether it is ready. */
export function watchReadiness(ports: readonly number[]): ReadyInstances {
  const ready = new Set<number>();
  let stopped = false;
  let turn = 0;
  const watch = async (port: number): Promise<void> => {
    const url = `http://127.0.0.1:${port}`;
    while (!stopped) {
      const status = await send("1.1", { url, path: "/readyz" }).then(
        (answer) => answer.status,
        () => 0,
      );
      if (status === 200) ready.add(port);
      else ready.delete(port);
      await sleep(pollMs);
    }
  };
  for (const port of ports) void watch(port);
  return {
    next() {
      const list = [...ready];
      if (list.length === 0) throw new Error("no instance is ready");
      return list[turn++ % list.length]!;
    },
    isReady: (port) => ready.has(port),
    stop() {
      stopped = true;
    },
  };
}
