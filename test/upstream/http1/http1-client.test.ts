/** Connections of HTTP/1.1 towards model servers: when they are kept, and what ends with them. */
import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { createServer as createTlsServer, type TLSSocket } from "node:tls";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { Cancellation } from "../../../src/base/cancellation.ts";
import { TlsClient } from "../../../src/upstream/http/tls-client.ts";
import { AnswerReader } from "../../../src/upstream/http1/answer-reader.ts";
import { makeAuthority, temporaryFolder } from "../../support/certificates.ts";
import { expectNoSockets } from "../../support/open-sockets.ts";
import { until } from "../../support/until.ts";
import { createTestCaller, okAnswer, startSaying } from "./support/http1-upstream.ts";

// What is registered first goes last: servers and clients are closed by then.
beforeEach(() => onTestFinished(expectNoSockets));

const urlOf = ({ port }: { readonly port: number }): string => `http://127.0.0.1:${port}`;

describe("a request", () => {
  it("is sent as it should be", async () => {
    const server = await startSaying(okAnswer);
    const { send } = createTestCaller(urlOf(server));
    await send({ headers: ["content-type", "application/json", "x-request-id", "a\xe4"] });
    await send({ method: "GET", path: "/v2", headers: [], body: null, closes: true });
    expect(server.requests).toEqual([
      `POST /v1/models/fraud:predict HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nconnection: keep-alive\r\ncontent-type: application/json\r\nx-request-id: a\xe4\r\ncontent-length: 7\r\n\r\nrequest`,
      `GET /v2 HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\nconnection: close\r\n\r\n`,
    ]);
  });

  it.each([0, 1, 16 * 1024, 16 * 1024 + 1, 3_000_000])("arrives whole with a body of %i bytes", async (bytes) => {
    const server = await startSaying(okAnswer);
    const { text } = createTestCaller(urlOf(server));
    expect(await text({ body: Buffer.alloc(bytes, "a") })).toBe("answer");
    expect(server.requests[0]!.split("\r\n\r\n")[1]).toHaveLength(bytes);
  });

  it.each([
    ["a line break in a value", { headers: ["x-request-id", "a\r\nx: y"] }],
    ["a line break in a name", { headers: ["a\r\nb", "c"] }],
    ["no name", { headers: ["", "c"] }],
    ["a character beyond latin1", { headers: ["a", "\u010d"] }],
    ["a space in its path", { path: "/a HTTP/1.1\r\n" }],
    ["a character beyond latin1 in its path", { path: "/\u010d" }],
  ])("is not sent with %s", async (_title, request) => {
    const server = await startSaying(okAnswer);
    const { failure, text } = createTestCaller(urlOf(server));
    expect(await failure(request)).toBe("ERR_INVALID_CHAR");
    expect(await text()).toBe("answer");
    expect(server.requests).toHaveLength(1);
  });
});

describe("a connection", () => {
  it("serves one request after the other, and others at the same time", async () => {
    const server = await startSaying((socket) => void setTimeout(() => socket.write(okAnswer), 10));
    const { text } = createTestCaller(urlOf(server));
    for (let i = 0; i < 3; i++) expect(await text()).toBe("answer");
    expect(server.sockets).toHaveLength(1);
    expect(await Promise.all([text(), text(), text()])).toEqual(["answer", "answer", "answer"]);
    expect(server.sockets).toHaveLength(3);
  });

  it.each<readonly [title: string, answer: string]>([
    ["says that it is closed", "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 6\r\n\r\nanswer"],
    ["speaks HTTP/1.0", "HTTP/1.0 200 OK\r\ncontent-length: 6\r\n\r\nanswer"],
    ["says more than an answer", `${okAnswer}HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong`],
    ["fails, as KServe does before it closes", "HTTP/1.1 500 X\r\ncontent-length: 6\r\n\r\nanswer"],
    [
      "is kept by the server for 2 s alone",
      "HTTP/1.1 200 OK\r\nkeep-alive: timeout=2\r\ncontent-length: 6\r\n\r\nanswer",
    ],
  ])("is not used again where it %s", async (_title, answer) => {
    const server = await startSaying(answer);
    const { text } = createTestCaller(urlOf(server));
    expect(await text()).toBe("answer");
    expect(await text()).toBe("answer");
    expect(server.sockets).toHaveLength(2);
  });

  it("is not used again by a request that is to close it", async () => {
    const server = await startSaying(okAnswer);
    const { text } = createTestCaller(urlOf(server));
    await text({ closes: true });
    await until(() => server.sockets[0]!.destroyed);
  });

  it("is not used again where the server answers what it has not read", async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => {});
      socket.once("readable", () => socket.write("HTTP/1.1 413 X\r\ncontent-length: 0\r\n\r\n"));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { send } = createTestCaller(urlOf(server.address() as { port: number }));
    const body = Buffer.alloc(20_000_000);
    expect((await send({ body })).status).toBe(413);
    expect((await send({ body })).status).toBe(413);
    expect(sockets).toHaveLength(2);
  });

  it("ends where the server speaks without being asked, and the next request gets its own answer", async () => {
    const server = await startSaying(okAnswer);
    const { text } = createTestCaller(urlOf(server));
    await text();
    server.sockets[0]!.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong");
    await until(() => server.sockets[0]!.destroyed);
    expect(await text()).toBe("answer");
    expect(server.sockets).toHaveLength(2);
  });

  it("that speaks without being asked, as the next request comes, does not answer it", async () => {
    const server = await startSaying(okAnswer);
    const { text } = createTestCaller(urlOf(server));
    await text();
    server.sockets[0]!.write("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong");
    expect(await text()).toBe("answer");
  });

  it("is left where the server closes it while it is idle", async () => {
    const server = await startSaying(okAnswer);
    const { text } = createTestCaller(urlOf(server));
    await text();
    server.sockets[0]!.end();
    expect(await text()).toBe("answer");
    expect(server.sockets).toHaveLength(2);
  });

  it("is closed when it has been idle for long", async () => {
    const server = await startSaying(okAnswer);
    const { text } = createTestCaller(urlOf(server), { idleTimeoutMs: 60 });
    await Promise.all([text(), text()]);
    await nextTurn();
    expect(server.sockets.map(({ destroyed }) => destroyed)).toEqual([false, false]);
    await until(() => server.sockets.every(({ destroyed }) => destroyed));
    expect(await text()).toBe("answer");
    expect(server.sockets).toHaveLength(3);
  });

  it("keeps nothing of the request that it was opened for", async () => {
    const server = await startSaying(okAnswer);
    const { send } = createTestCaller(urlOf(server));
    const sendLarge = async (): Promise<WeakRef<Buffer>> => {
      const body = Buffer.alloc(100_000, "a");
      await send({ body });
      return new WeakRef(body);
    };
    const body = await sendLarge();
    setFlagsFromString("--expose-gc");
    const collectGarbage = runInNewContext("gc") as () => void;
    await until(() => {
      collectGarbage();
      return body.deref() === undefined;
    });
    expect(server.sockets[0]!.destroyed).toBe(false);
  });

  it("hands over an answer of many small chunks in several turns of the event loop", async () => {
    const chunks = "1\r\na\r\n".repeat(300_000);
    const server = await startSaying(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`);
    const { send } = createTestCaller(urlOf(server));
    const read = vi.spyOn(AnswerReader.prototype, "read");
    onTestFinished(() => read.mockRestore());
    let isOver = false;
    let most = 0;
    const endTurn = (): void => {
      most = Math.max(most, read.mock.calls.length);
      read.mockClear();
      if (!isOver) setImmediate(endTurn);
    };
    endTurn();
    expect((await send({ maxResponseBytes: 1_000_000 })).body).toHaveLength(300_000);
    isOver = true;
    expect(most).toBe(1);
  });

  it("ends an answer that says no other end", async () => {
    const server = await startSaying((socket) => void socket.end("HTTP/1.1 200 OK\r\n\r\nanswer"));
    const { text } = createTestCaller(urlOf(server));
    expect(await text()).toBe("answer");
    expect(await text()).toBe("answer");
  });

  it("that breaks does not end such an answer", async () => {
    const server = await startSaying((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n\r\nans", () => setTimeout(() => socket.resetAndDestroy(), 20));
    });
    expect(await createTestCaller(urlOf(server)).failure()).toBe("ECONNRESET");
  });

  it("that does not open in time fails its request as unsent", async () => {
    // Node holds back the secret that the other side waits for.
    const server = await startSaying(() => {});
    const { send } = createTestCaller(`https://127.0.0.1:${server.port}`, { connectTimeoutMs: 50 });
    await expect(send()).rejects.toMatchObject({ cause: { code: "ETIMEDOUT" }, unprocessed: true });
  });

  it("that is refused fails its request as unsent", async () => {
    const server = await startSaying(okAnswer);
    await new Promise((resolve) => server.server.close(resolve));
    const { send } = createTestCaller(urlOf(server));
    await expect(send()).rejects.toMatchObject({ cause: { code: "ECONNREFUSED" }, unprocessed: true });
  });
});

describe("a request that is cancelled", () => {
  const left = new Error("left");

  it.each(["before it is sent", "while its connection opens", "while its connection is chosen"])("%s", async (when) => {
    const server = await startSaying(okAnswer);
    const { send, text } = createTestCaller(urlOf(server));
    const cancellation = new Cancellation<Error>();
    if (when === "before it is sent") cancellation.cancel(left);
    if (when === "while its connection is chosen") await text();
    const sent = send({ cancellation });
    cancellation.cancel(left);
    await expect(sent).rejects.toBe(left);
    await nextTurn();
    expect(await text()).toBe("answer");
    expect(server.requests).toHaveLength(when === "while its connection is chosen" ? 2 : 1);
    if (when === "while its connection is chosen") expect(server.sockets).toHaveLength(1);
  });

  it.each(["", "HTTP/1.1 20", okAnswer.slice(0, -1)])("closes its connection after %j has come", async (said) => {
    const server = await startSaying((socket) => void socket.write(said));
    const { send } = createTestCaller(urlOf(server));
    const cancellation = new Cancellation<Error>();
    const sent = send({ cancellation });
    await until(() => server.requests.length > 0);
    await nextTurn();
    cancellation.cancel(left);
    await expect(sent).rejects.toBe(left);
    await until(() => server.sockets[0]!.destroyed);
  });
});

it("ends what is under way when the client is closed, and sends no more", async () => {
  const server = await startSaying((socket, execution) => {
    if (execution === 1) socket.write(okAnswer);
  });
  const { client, text, failure } = createTestCaller(urlOf(server));
  await text();
  const failures = [failure(), failure()];
  await until(() => server.requests.length === 3);
  await client.close();
  expect(await Promise.all([...failures, failure()])).toEqual(["ECONNRESET", "ECONNRESET", "ECONNRESET"]);
  await until(() => server.sockets.every(({ destroyed }) => destroyed));
});

it("ends what is under way when the client is closed, where the only connection had been idle for too long", async () => {
  const server = await startSaying((socket, execution) => {
    if (execution === 1) socket.write(okAnswer);
  });
  const { client, text, failure } = createTestCaller(urlOf(server), { idleTimeoutMs: 20 });
  await text();
  // No timer is called in the meantime.
  const endMs = performance.now() + 30;
  while (performance.now() < endMs);
  const failed = failure();
  await until(() => server.requests.length === 2);
  await client.close();
  expect(await failed).toBe("ECONNRESET");
});

describe("a server behind TLS", () => {
  async function startSecure() {
    const authority = makeAuthority(temporaryFolder(), "authority");
    const { certFile, keyFile } = authority.issue("service", "DNS:localhost");
    const pem = { cert: readFileSync(certFile), key: readFileSync(keyFile), ALPNProtocols: ["http/1.1"] };
    const body = "a".repeat(200_000);
    const answer = `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const server = await startSaying(answer, createTlsServer(pem));
    const createTls = () => new TlsClient({ caFiles: [authority.file], certFile: undefined, keyFile: undefined });
    const request = { maxResponseBytes: 1_000_000, body: Buffer.alloc(100_000, "a") };
    return { server, url: `https://localhost:${server.port}`, createTls, request, body };
  }

  it("is spoken to by HTTP/1.1 and by its name", async () => {
    const { server, url, createTls, request, body } = await startSecure();
    const { text } = createTestCaller(url, {}, createTls());
    expect(await text(request)).toBe(body);
    expect(server.requests[0]).toContain(`host: localhost:${server.port}\r\n`);
    expect(server.sockets[0]).toMatchObject({ servername: "localhost", alpnProtocol: "http/1.1" });
  });

  it("is known again when another connection opens, but not with other files", async () => {
    const { server, url, createTls, request } = await startSecure();
    const tls = createTls();
    let context = tls.context();
    tls.context = () => context;
    const { text } = createTestCaller(url, {}, tls);
    await text(request);
    await Promise.all([text(request), text(request)]);
    context = createTls().context();
    await Promise.all([text(request), text(request), text(request)]);
    const reused = server.sockets.map((socket) => (socket as TLSSocket).isSessionReused());
    expect(reused).toEqual([false, true, false]);
  });

  it("is rejected with a certificate from an untrusted authority", async () => {
    const { url } = await startSecure();
    const { send } = createTestCaller(url);
    await expect(send()).rejects.toMatchObject({
      cause: { code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" },
      unprocessed: true,
    });
  });
});
