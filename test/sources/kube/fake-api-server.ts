import { writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { ClusterAccess } from "../../../src/kube/kube-config.ts";
// The service loads this at its first request, which takes a second of CPU: not within the time of the first test that makes one.
import "../../../src/kube/kube-config-class.ts";
import { temporaryFolder } from "../../support/certificates.ts";

/** A request for a list, a watch or a review. */
export interface ApiRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  /** The client's port, which tells one connection from another. */
  readonly clientPort: number | undefined;
}

/** What is done with one request. */
export type ApiAnswer = (response: ServerResponse, request: ApiRequest) => void;

/** An API server that does what no real one can be brought to do on purpose. */
export interface FakeApiServer {
  readonly access: ClusterAccess;
  /** All requests so far. */
  readonly requests: readonly ApiRequest[];
  readonly lists: () => ApiRequest[];
  readonly watches: () => ApiRequest[];
  /** The answers to lists, in turn; the last one stays. */
  onList(...answers: ApiAnswer[]): void;
  /** The answers to watches, in turn; the last one stays. */
  onWatch(...answers: ApiAnswer[]): void;
  /** Closes it before the end of the test. */
  close(): Promise<void>;
}

/** Starts one on a free port of loopback, which is closed after the test. */
export async function startFakeApiServer(): Promise<FakeApiServer> {
  const requests: ApiRequest[] = [];
  let listAnswers: ApiAnswer[] = [list([])];
  let watchAnswers: ApiAnswer[] = [stayOpen()];
  const inTurn = (answers: ApiAnswer[]): ApiAnswer => (answers.length > 1 ? answers.shift()! : answers[0]!);
  const server = createServer((message, response) => {
    const url = new URL(message.url ?? "/", "http://fake");
    const request = {
      path: url.pathname,
      query: url.searchParams,
      authorization: message.headers.authorization,
      clientPort: message.socket.remotePort,
    };
    requests.push(request);
    inTurn(request.query.has("watch") ? watchAnswers : listAnswers)(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  onTestFinished(close);
  const kubeconfig = join(temporaryFolder(), "kubeconfig");
  // In cleartext, as `kubectl proxy` is.
  const cluster = { server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: "fake", cluster }],
      users: [{ name: "fake", user: { token: "secret" } }],
      contexts: [{ name: "fake", context: { cluster: "fake", user: "fake" } }],
      "current-context": "fake",
    }),
  );
  return {
    access: { kubeconfig, context: undefined, inClusterServer: undefined, homeDir: undefined },
    requests,
    lists: () => requests.filter(({ query }) => !query.has("watch")),
    watches: () => requests.filter(({ query }) => query.has("watch")),
    onList(...answers) {
      listAnswers = answers;
    },
    onWatch(...answers) {
      watchAnswers = answers;
    },
    close,
  };
}

/** An object as a list has it. */
export function object(name: string, version = "1", namespace = "default"): Record<string, unknown> {
  return { metadata: { name, namespace, uid: `uid-${namespace}-${name}`, resourceVersion: version } };
}

/** Answers with a page of objects. */
export function list(
  items: readonly unknown[],
  metadata: { resourceVersion?: string; continue?: string } = {},
): ApiAnswer {
  return json(200, { kind: "List", metadata: { resourceVersion: "10", ...metadata }, items });
}

/** Answers with a status and a body. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): ApiAnswer {
  return (response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
}

/** Answers with a `Status`, as the API server does when something is wrong. */
export function failure(code: number, message: string, headers: Readonly<Record<string, string>> = {}): ApiAnswer {
  return json(code, { kind: "Status", status: "Failure", code, message }, headers);
}

/** Opens a watch, sends events, and leaves it open. */
export function stayOpen(...events: readonly unknown[]): ApiAnswer {
  return (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    for (const event of events) response.write(`${JSON.stringify(event)}\n`);
  };
}

/** Opens a watch, sends events, and closes it in good order. */
export function closeAfter(...events: readonly unknown[]): ApiAnswer {
  return (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(events.map((event) => `${JSON.stringify(event)}\n`).join(""));
  };
}

/** Opens a watch and resets its connection. */
export function resetAfter(...events: readonly unknown[]): ApiAnswer {
  return (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write(events.map((event) => `${JSON.stringify(event)}\n`).join(""), () =>
      response.socket?.resetAndDestroy(),
    );
  };
}

/** Sends half of a page and resets the connection. */
export function halfAPage(): ApiAnswer {
  return (response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write('{"kind":"List","metadata":{"resourceVersion":"10"},"items":[', () =>
      response.socket?.resetAndDestroy(),
    );
  };
}

/** Begins an answer, and sends nothing more of it. */
export function stalls(status = 200): ApiAnswer {
  return (response) => void response.writeHead(status).write("{");
}

/** Begins an answer, and sends a space of it now and then. */
export function drips(): ApiAnswer {
  return (response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(" "), 20);
    response.once("close", () => clearInterval(timer));
  };
}
