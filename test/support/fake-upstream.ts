import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { until } from "./until.ts";

/** A request as it came to the fake model server. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Which connection it came on: 1 for the first that was opened. */
  readonly connection: number;
  /** Whether its connection has closed by now. */
  disconnected(): boolean;
}

/** One request with its response, for a behaviour to do with as it likes. */
export interface Exchange {
  readonly request: RecordedRequest;
  readonly response: ServerResponse;
  readonly socket: Socket;
}

/** What the fake model server does with a request. */
export interface Behaviour {
  /** Whether the connection is dropped before the request is looked at: nothing is executed then. */
  drops?(requestsBefore: number): boolean;
  run(exchange: Exchange): void;
}

/** A KServe v1 server that does what a test sets, and remembers what it was asked. */
export interface FakeUpstream {
  readonly url: string;
  /** The predictions that were executed, in order. */
  readonly predictions: readonly RecordedRequest[];
  /** The readiness checks that were answered, in order. */
  readonly checks: readonly RecordedRequest[];
  /** How many connections have been opened. */
  connections(): number;
  /** Sets what predictions of a model get. Without, each instance is answered with its index. */
  onPredict(model: string, behaviour: Behaviour): void;
  /** Sets what readiness checks of a model get. Without, every model is ready. */
  onReadiness(model: string, behaviour: Behaviour): void;
  /** Waits for the next prediction, however many came before this call. */
  nextPrediction(): Promise<RecordedRequest>;
  /** Forgets what it was asked, and what it is to do: for a service that several tests share. */
  forget(): void;
  /** Closes. Rejects when the service still holds a connection. */
  close(): Promise<void>;
}

/** Starts a fake model server on a free port of loopback. */
export async function startFakeUpstream(): Promise<FakeUpstream> {
  const predictBehaviours = new Map<string, Behaviour>();
  const readinessBehaviours = new Map<string, Behaviour>();
  const predictions: RecordedRequest[] = [];
  const checks: RecordedRequest[] = [];
  const sockets = new Map<Socket, { number: number; requests: number }>();
  let opened = 0;

  const server = createServer({ keepAliveTimeout: 60_000 }, (message, response) => {
    const { socket } = message;
    const connection = sockets.get(socket)!;
    const requestsBefore = connection.requests++;
    const { model, isPrediction } = targetOf(message.url ?? "/");
    const behaviour = isPrediction
      ? (predictBehaviours.get(model) ?? answerIndexes())
      : (readinessBehaviours.get(model) ?? (message.url?.startsWith("/v2") ? unknownPath : readyAnswer(model)));
    if (behaviour.drops?.(requestsBefore)) {
      socket.resetAndDestroy();
      return;
    }
    void readAll(message).then((body) => {
      const request: RecordedRequest = {
        method: message.method ?? "",
        path: message.url ?? "",
        headers: message.headers,
        body,
        connection: connection.number,
        disconnected: () => socket.destroyed,
      };
      (isPrediction ? predictions : checks).push(request);
      behaviour.run({ request, response, socket });
    });
  });
  server.on("connection", (socket) => {
    sockets.set(socket, { number: ++opened, requests: 0 });
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    predictions,
    checks,
    connections: () => opened,
    onPredict: (model, behaviour) => predictBehaviours.set(model, behaviour),
    onReadiness: (model, behaviour) => readinessBehaviours.set(model, behaviour),
    async nextPrediction() {
      const seen = predictions.length;
      await until(() => predictions.length > seen);
      return predictions[seen]!;
    },
    forget() {
      for (const asked of [predictions, checks]) asked.splice(0);
      for (const behaviours of [predictBehaviours, readinessBehaviours]) behaviours.clear();
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      try {
        await until(() => sockets.size === 0, "the service closes its connections to the model server", 3000);
      } finally {
        server.closeAllConnections();
        await closed;
      }
    },
  };
}

/** Answers with a status and a body: text as it is, anything else as JSON. */
export function answer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Behaviour {
  return {
    run({ response }) {
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body));
    },
  };
}

/** It speaks KServe v1 alone, unless a test says otherwise. */
const unknownPath = answer(404, { detail: "Not Found" });

function readyAnswer(name: string): Behaviour {
  return answer(200, { name, ready: true });
}

/** Answers with KServe's `{"predictions": ...}`. */
export function predict(predictions: unknown): Behaviour {
  return answer(200, { predictions });
}

/** Answers each instance with its index, whatever it is. */
function answerIndexes(): Behaviour {
  return {
    run(exchange) {
      const { instances = [] } = JSON.parse(exchange.request.body.toString()) as { instances?: unknown[] };
      predict(instances.map((_, i) => i)).run(exchange);
    },
  };
}

/** Takes the request and never answers. */
export function hang(): Behaviour {
  return { run() {} };
}

/** Does something else after a while. */
export function delayed(ms: number, then: Behaviour): Behaviour {
  return { run: (exchange) => void setTimeout(() => then.run(exchange), ms) };
}

/** Does one thing after the other, and the last one from then on. */
export function inTurn(...behaviours: readonly Behaviour[]): Behaviour {
  let turn = 0;
  return { run: (exchange) => behaviours[Math.min(turn++, behaviours.length - 1)]!.run(exchange) };
}

/** Takes the request and resets the connection before any answer. */
export function reset(): Behaviour {
  return { run: ({ socket }) => void socket.resetAndDestroy() };
}

/** Sends the head of an answer and a part of its body, then resets the connection. */
export function resetWithinBody(): Behaviour {
  return {
    run({ response, socket }) {
      response.writeHead(200, { "content-type": "application/json", "content-length": 1000 });
      response.write('{"predictions":[1', () => socket.resetAndDestroy());
    },
  };
}

/** Sends the head of an answer and a part of its body, then ends the connection in good order. */
export function halfABody(): Behaviour {
  return {
    run({ response, socket }) {
      response.writeHead(200, { "content-type": "application/json", "content-length": 1000 });
      response.write('{"predictions":[1', () => socket.end());
    },
  };
}

/** Sends the head of an answer, and never its body. */
export function headAlone(): Behaviour {
  return {
    run({ response }) {
      response.writeHead(200, { "content-type": "application/json", "content-length": 1000 });
      response.flushHeaders();
    },
  };
}

/** Answers with bytes that are not HTTP. */
export function garbage(): Behaviour {
  return { run: ({ socket }) => void socket.end("\x15\x03\x01\x00\x02\x02\x46 this is not HTTP\r\n\r\n") };
}

/** Drops every connection. */
export function dropAlways(): Behaviour {
  return { drops: () => true, run() {} };
}

function targetOf(url: string): { model: string; isPrediction: boolean } {
  const last = url.slice(url.lastIndexOf("/") + 1);
  const isPrediction = last.endsWith(":predict");
  return { model: decodeURIComponent(isPrediction ? last.slice(0, -":predict".length) : last), isPrediction };
}

function readAll(message: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.once("end", () => resolve(Buffer.concat(chunks)));
    message.on("error", () => {});
  });
}
