import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { type ClientHttp2Session, connect } from "node:http2";
import type { Case } from "../cases.ts";
import { problemOf, type WireRequest, wireRequest } from "../exchange.ts";
import { modelOf } from "../payload.ts";

/** The calls that are measured: one row, as REST and as gRPC. */
export const cases: Readonly<Record<"REST" | "gRPC", Case>> = {
  REST: { protocol: "rest", form: "body", rows: 1, model: modelOf(1) },
  gRPC: { protocol: "grpc", form: "instances", rows: 1, model: modelOf(1) },
};

export type Protocol = keyof typeof cases;
export const protocols = Object.keys(cases) as Protocol[];

/** Makes calls, so many at once, over connections that are kept. Throws where one fails. */
export async function makeCalls(protocol: Protocol, port: number, count: number, atOnce: number): Promise<void> {
  const wire = wireRequest(cases[protocol]);
  const { call, close } = protocol === "REST" ? overHttp1(port, wire, atOnce) : overHttp2(port, wire, cases[protocol]);
  const caller = async (): Promise<void> => {
    for (let i = 0; i < count / atOnce; i++) await call();
  };
  await Promise.all(Array.from({ length: atOnce }, caller));
  close();
}

interface Calls {
  call(): Promise<void>;
  close(): void;
}

function overHttp1(port: number, { path, headers, body }: WireRequest, maxSockets: number): Calls {
  const agent = new Agent({ keepAlive: true, maxSockets });
  return {
    async call() {
      const sent = { ...headers, "content-length": body.length };
      const asked = request({ host: "127.0.0.1", port, agent, method: "POST", path, headers: sent });
      asked.end(body);
      const [response] = (await once(asked, "response")) as [IncomingMessage];
      response.resume();
      await once(response, "end");
      if (response.statusCode !== 200) throw new Error(`HTTP ${response.statusCode}`);
    },
    close: () => agent.destroy(),
  };
}

function overHttp2(port: number, { path, headers, body }: WireRequest, one: Case): Calls {
  const session: ClientHttp2Session = connect(`http://127.0.0.1:${port}`);
  return {
    async call() {
      const stream = session.request({ ":method": "POST", ":path": path, ...headers });
      let status = 0;
      let trailers: Record<string, string> = {};
      stream.once("response", (head) => {
        status = Number(head[":status"]);
      });
      stream.once("trailers", (end) => {
        trailers = end as Record<string, string>;
      });
      stream.end(body);
      const chunks: Buffer[] = await stream.toArray();
      const problem = problemOf(one, { status, trailers, body: Buffer.concat(chunks) });
      if (problem !== undefined) throw new Error(problem);
    },
    close: () => session.close(),
  };
}
