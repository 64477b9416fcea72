import { Agent, request as requestHttp1 } from "node:http";
import { type ClientHttp2Session, connect, constants } from "node:http2";
import {
  decodePrediction,
  encodePrediction,
  type HttpAnswer,
  type PredictionOutcome,
  type PredictionRequest,
} from "./prediction-wire.ts";
import type { LoadWay } from "./way.ts";

/** One prediction to ask for. */
export interface PredictionCall {
  readonly model: string;
  /** The `x-request-id`. */
  readonly id: string;
  /** What has to be predicted. */
  readonly number: number;
  readonly deadlineMs: number;
  /** When the caller leaves without an answer. */
  readonly leaveAfterMs?: number;
}

/** What came of a call. */
export interface PredictionResult extends PredictionOutcome {
  readonly ms: number;
}

/** Calls one server by one protocol, over connections that it keeps, as clients do. */
export interface Caller {
  readonly way: LoadWay;
  /** Never rejects: without an answer the code is `no answer`, and `left` where the caller did not wait. */
  call(call: PredictionCall): Promise<PredictionResult>;
  close(): void;
}

/** How long after its deadline an answer is waited for. */
const patienceMs = 10_000;

/** @param more headers of every call */
export function createCaller(way: LoadWay, port: number, more: Readonly<Record<string, string>> = {}): Caller {
  const { exchange, close } = way.httpVersion === "2" ? http2Exchange(port) : http1Exchange(port);
  return {
    way,
    close,
    async call(call) {
      const request = encodePrediction(way, call);
      const headers = { ...request.headers, ...more, "x-request-id": call.id };
      const leave = AbortSignal.timeout(call.leaveAfterMs ?? call.deadlineMs + patienceMs);
      const started = performance.now();
      try {
        const answer = await exchange({ ...request, headers }, leave);
        const ms = performance.now() - started;
        return { ...decodePrediction(way, answer), ms };
      } catch (error) {
        const left = leave.aborted && call.leaveAfterMs !== undefined;
        const reason = left ? undefined : (error as Error).message;
        return { code: left ? "left" : "no answer", reason, prediction: undefined, ms: performance.now() - started };
      }
    },
  };
}

interface Exchanger {
  exchange(request: PredictionRequest, leave: AbortSignal): Promise<HttpAnswer>;
  close(): void;
}

function http1Exchange(port: number): Exchanger {
  const agent = new Agent({ keepAlive: true });
  return {
    close: () => agent.destroy(),
    exchange: ({ path, headers, body }, leave) =>
      new Promise((resolve, reject) => {
        const options = { host: "127.0.0.1", port, path, method: "POST", agent, signal: leave };
        const length = { "content-length": String(body.length) };
        const request = requestHttp1({ ...options, headers: { ...headers, ...length } }, (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
          );
        });
        request.on("error", reject);
        request.end(body);
      }),
  };
}

function http2Exchange(port: number): Exchanger {
  let open: ClientHttp2Session | undefined;
  const session = (): ClientHttp2Session => {
    if (open !== undefined && !open.closed && !open.destroyed) return open;
    open = connect(`http://127.0.0.1:${port}`);
    open.on("error", () => {});
    return open;
  };
  return {
    close: () => open?.destroy(),
    exchange: ({ path, headers, body }, leave) =>
      new Promise((resolve, reject) => {
        const stream = session().request({ ...headers, ":method": "POST", ":path": path });
        const onLeave = (): void => stream.close(constants.NGHTTP2_CANCEL);
        leave.addEventListener("abort", onLeave, { once: true });
        const chunks: Buffer[] = [];
        let status = 0;
        let answered: Record<string, unknown> = {};
        stream.on("response", (head) => {
          status = Number(head[":status"]);
          answered = head;
        });
        stream.on("trailers", (trailers) => {
          answered = { ...answered, ...trailers };
        });
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("error", reject);
        stream.on("close", () => {
          leave.removeEventListener("abort", onLeave);
          if (status === 0 || leave.aborted) reject(new Error(`the stream ended with ${stream.rstCode}`));
          else resolve({ status, headers: answered, body: Buffer.concat(chunks) });
        });
        stream.end(body);
      }),
  };
}
