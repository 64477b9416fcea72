import { createServer, type Server, type Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { Cancellation } from "../../src/base/cancellation.ts";
import { MemoryBudget } from "../../src/registry/memory-budget.ts";
import type { RegisteredModel } from "../../src/registry/model.ts";
import type { UpstreamAnswer } from "../../src/registry/ports.ts";
import type { RegistryError } from "../../src/registry/registry-error.ts";
import { createUpstream } from "../../src/upstream/by-protocol.ts";
import { expectNoSockets } from "../support/open-sockets.ts";
import { registered } from "../support/registered.ts";
import { until } from "../support/until.ts";

const predictions = '{"predictions":[1]}';
const whole = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${predictions.length}\r\n\r\n${predictions}`;

/** What a server does with the request that it has read: the n-th, on its socket. */
type Execute = (socket: Socket, execution: number) => void;

/** A model server that counts what it executes: every request that it has read to its end. */
async function startCounting(execute: Execute) {
  const world = { executions: 0, sockets: [] as Socket[] };
  const server: Server = createServer((socket) => {
    world.sockets.push(socket);
    let received = "";
    socket.on("error", () => {});
    socket.on("data", (chunk) => {
      received += chunk.toString("latin1");
      if (!received.endsWith('{"instances":[[1]]}')) return;
      received = "";
      execute(socket, ++world.executions);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const retried: boolean[] = [];
  const upstream = createUpstream({
    connectTimeoutMs: 1000,
    idleTimeoutMs: 10_000,
    maxResponseBytes: 1024,
    tls: { caFiles: [], certFile: undefined, keyFile: undefined },
    retries: { share: 0.2 },
    memory: new MemoryBudget(Number.POSITIVE_INFINITY),
    onRetry: (_model, allowed) => retried.push(allowed),
  });
  onTestFinished(async () => {
    await upstream.close();
    for (const socket of world.sockets) socket.destroy();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
    await expectNoSockets();
  });
  const model = registered({ url: `http://127.0.0.1:${port}` });
  const predict = (cancellation = new Cancellation<Error>(), to: RegisteredModel = model): Promise<UpstreamAnswer> =>
    upstream.predict({
      model: to,
      body: Buffer.from('{"instances":[[1]]}'),
      headers: {},
      cancellation,
      holder: undefined,
    });
  const failure = (): Promise<RegistryError> =>
    predict().then(
      () => Promise.reject(new Error("it succeeded")),
      (e) => e,
    );
  return { world, server, predict, failure, retried };
}

const faults: readonly [string, Execute][] = [
  ["is reset while it is computed", (socket) => void setTimeout(() => socket.resetAndDestroy(), 30)],
  ["is reset at once after it was read", (socket) => void socket.resetAndDestroy()],
  ["ends in good order without an answer", (socket) => void socket.end()],
  ["breaks within the head", (socket) => void socket.write("HTTP/1.1 20", () => socket.resetAndDestroy())],
  ["breaks within the body", (socket) => void socket.write(whole.slice(0, -4), () => socket.resetAndDestroy())],
  ["ends within the body", (socket) => void socket.end(whole.slice(0, -4))],
];

describe("a prediction executes once at most", () => {
  it.each(faults)("whose fresh connection %s", async (_title, execute) => {
    const { world, failure, retried } = await startCounting(execute);
    expect(await failure()).toMatchObject({
      reason: "MODEL_UNREACHABLE",
      unprocessed: false,
      failure: { attempts: 1 },
    });
    expect([world.executions, world.sockets.length, retried]).toEqual([1, 1, []]);
  });

  it.each(faults)("whose connection has served before and %s", async (_title, execute) => {
    const { world, predict, failure, retried } = await startCounting((socket, execution) => {
      if (execution === 1) socket.write(whole);
      else execute(socket, execution);
    });
    await predict();
    // A connection is free again a turn after its answer.
    await nextTurn();
    expect(await failure()).toMatchObject({
      reason: "MODEL_UNREACHABLE",
      unprocessed: false,
      failure: { attempts: 1 },
    });
    expect([world.executions, world.sockets.length, retried]).toEqual([2, 1, []]);
  });

  it("when an idle connection has been closed before the request is written", async () => {
    const { world, predict } = await startCounting((socket) => void socket.write(whole));
    await predict();
    world.sockets[0]!.resetAndDestroy();
    expect(Buffer.from((await predict()).body).toString()).toBe(predictions);
    expect([world.executions, world.sockets.length]).toEqual([2, 2]);
  });

  it("when a request that moved to a fresh connection gets half an answer there", async () => {
    const { world, predict, failure } = await startCounting((socket, execution) => {
      if (execution === 1) socket.write(whole);
      else socket.write(whole.slice(0, -4), () => socket.resetAndDestroy());
    });
    await predict();
    world.sockets[0]!.destroy();
    expect(await failure()).toMatchObject({ unprocessed: false, failure: { attempts: 1 } });
    expect([world.executions, world.sockets.length]).toEqual([2, 2]);
  });
});

describe("a connection that does not open", () => {
  it("is tried again, and the prediction executes once when it does", async () => {
    const { world, server, predict, retried } = await startCounting((socket) => void socket.write(whole));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    const answered = predict();
    // The first attempt has been refused by the time that a retry is noted.
    await until(() => retried.length > 0);
    server.listen(port, "127.0.0.1");
    expect((await answered).attempts).toBeGreaterThan(1);
    expect(world.executions).toBe(1);
  });

  it("is tried three times, and then within the budget", async () => {
    const { server, failure, retried } = await startCounting(() => {});
    await new Promise((resolve) => server.close(resolve));
    expect(await failure()).toMatchObject({ reason: "MODEL_UNREACHABLE", unprocessed: true, failure: { attempts: 3 } });
    expect(await failure()).toMatchObject({ failure: { attempts: 2 } });
    expect(await failure()).toMatchObject({ failure: { attempts: 1 } });
    expect(retried).toEqual([true, true, true, false, false]);
  });

  it("is not tried again once the caller has left", async () => {
    const { server, predict, retried } = await startCounting(() => {});
    await new Promise((resolve) => server.close(resolve));
    const caller = new Cancellation<Error>();
    const left = expect(predict(caller)).rejects.toThrow("left");
    await until(() => retried.length > 0);
    caller.cancel(new Error("left"));
    await left;
    expect(retried).toEqual([true]);
  });
});
