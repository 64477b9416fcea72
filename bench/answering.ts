import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A server of this process that gives every request the same answer. */
export interface Answering {
  readonly url: string;
  /** How many requests have come. */
  requests(): number;
  close(): void;
}

/** Starts a server that answers everything alike, once it has read the request. */
export async function startAnswering(text: string, contentType = "application/json"): Promise<Answering> {
  let count = 0;
  const server = createServer((incoming, response) => {
    count++;
    incoming.resume().on("end", () => {
      response.writeHead(200, { "content-type": contentType, "content-length": Buffer.byteLength(text) }).end(text);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => count,
    close: () => server.close().closeAllConnections(),
  };
}
