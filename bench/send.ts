import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import type { WireAnswer, WireRequest } from "./exchange.ts";

/** Sends one request over a connection of its own and reads the answer to its end. */
export function send(port: number, version: 1 | 2, request: WireRequest): Promise<WireAnswer> {
  return version === 2 ? sendHttp2(port, request) : sendHttp1(port, request);
}

async function sendHttp1(port: number, { path, headers, body }: WireRequest): Promise<WireAnswer> {
  const request = http.request({ host: "127.0.0.1", port, path, method: "POST", headers, agent: false });
  request.end(body);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  const chunks: Buffer[] = await response.toArray();
  return { status: response.statusCode ?? 0, trailers: {}, body: Buffer.concat(chunks) };
}

async function sendHttp2(port: number, { path, headers, body }: WireRequest): Promise<WireAnswer> {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  try {
    const stream = session.request({ ":method": "POST", ":path": path, ...headers });
    let status = 0;
    let trailers: Record<string, string> = {};
    stream.once("response", (head) => {
      status = Number(head[":status"]);
      // An answer without a body has its gRPC status in the head.
      trailers = head as unknown as Record<string, string>;
    });
    stream.once("trailers", (tail) => {
      trailers = tail as unknown as Record<string, string>;
    });
    stream.end(body);
    const chunks: Buffer[] = await stream.toArray();
    return { status, trailers, body: Buffer.concat(chunks) };
  } finally {
    session.close();
  }
}
