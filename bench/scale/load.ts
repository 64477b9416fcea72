import { Agent, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

/** Does something so many times a second for a while, however long each takes. Returns how often it was begun. */
export async function atRate(
  perSecond: number,
  seconds: number,
  work: (turn: number) => void,
): Promise<{ begun: number }> {
  const start = performance.now();
  let begun = 0;
  for (;;) {
    const elapsedMs = performance.now() - start;
    if (elapsedMs >= seconds * 1000) return { begun };
    const due = Math.floor((elapsedMs / 1000) * perSecond);
    while (begun < due) work(begun++);
    await sleep(5);
  }
}

/** Sends requests to the service over connections that stay open. */
export interface Caller {
  /** Resolves with the answer's end. */
  predict(model: string): Promise<void>;
  close(): void;
}

/** Creates a caller. */
export function createCaller(url: string): Caller {
  const agent = new Agent({ keepAlive: true });
  const send = (path: string, body?: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { "content-type": "application/json" };
      const method = body === undefined ? "GET" : "POST";
      const call = request(new URL(path, url), { agent, method, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response.once("end", () =>
          response.statusCode === 200 ? resolve(text) : reject(new Error(`${path} answered ${response.statusCode}`)),
        );
      });
      call.on("error", reject);
      call.end(body);
    });
  return {
    async predict(model) {
      await send(`/api/v1/models/${model}/predict`, '{"instances":[[85.5,5000,365]]}');
    },
    close: () => agent.destroy(),
  };
}
