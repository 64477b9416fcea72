import http from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { until } from "../../support/until.ts";

/** A proxy that answers so many requests and then leaves the next ones without an answer. */
export interface HoldingProxy {
  readonly url: string;
  /** Answers so many requests from now on. */
  allow(requests: number): void;
  /** Waits until a request goes without an answer. */
  untilHeld(): Promise<void>;
}

/** Starts a proxy before a server, so that whoever reads from it can be interrupted at a known place. */
export async function startHoldingProxy(upstream: string): Promise<HoldingProxy> {
  let left = 0;
  let held = 0;
  const agent = new http.Agent({ keepAlive: true });
  const server = http.createServer((request, response) => {
    if (left-- <= 0) {
      held++;
      return;
    }
    http.get(`${upstream}${request.url}`, { agent }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    agent.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    allow(requests) {
      left = requests;
      held = 0;
    },
    untilHeld: () => until(() => held > 0, "a request is held", 120_000),
  };
}
