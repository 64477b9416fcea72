import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import type { HttpResponse } from "../../src/api/http.ts";
import { createClosingTurns } from "../../src/listen/closing-turns.ts";
import { createListener } from "../../src/listen/listener.ts";
import { endHeaders, endStream, frameTypes, http2Frame } from "../support/http2-frames.ts";
import { openRaw } from "../support/raw-connection.ts";
import { openHttp2, requestBlock } from "../support/raw-http2.ts";
import { until } from "../support/until.ts";

const connections = 6;
const callsOfEach = 50;

it("connections with many calls that end at once let go of them one connection after the other", async () => {
  let turn = 0;
  let ended = false;
  const countTurns = (): void => {
    turn++;
    if (!ended) setImmediate(countTurns);
  };
  onTestFinished(() => {
    ended = true;
  });
  let held = 0;
  const closedIn = new Map<number, number>();
  const listener = createListener({}, (_request, response) => {
    held++;
    // Node's part: handlers learn of it in turns of their own.
    response.stream!.once("close", () => {
      held--;
      closedIn.set(turn, (closedIn.get(turn) ?? 0) + 1);
    });
  });
  const { port } = await listener.listen(0, "127.0.0.1");
  onTestFinished(() => listener.close(0));
  const block = requestBlock("POST", "/");
  const heads = Array.from({ length: callsOfEach }, (_, i) =>
    http2Frame(frameTypes.headers, endHeaders, 2 * i + 1, block),
  );
  const opened = await Promise.all(Array.from({ length: connections }, () => openHttp2(port)));
  for (const connection of opened) connection.write(Buffer.concat(heads));
  await until(() => held === connections * callsOfEach, "all calls are under way");
  countTurns();
  for (const connection of opened) connection.destroy();
  await until(() => held === 0, "all calls are let go of");
  expect(Math.max(...closedIn.values())).toBeLessThanOrEqual(callsOfEach);
});

it("a session may end while its connection waits to close", async () => {
  const held = new Set<HttpResponse>();
  const listener = createListener({}, (_request, response) => {
    held.add(response);
    response.once("close", () => {
      held.delete(response);
      // The first connection has closed. The clients have said that they call no more, so the sessions of the others end here.
      for (const other of held) other.end();
    });
  });
  const { port } = await listener.listen(0, "127.0.0.1");
  onTestFinished(() => listener.close(0));
  const block = requestBlock("POST", "/");
  const heads = Array.from({ length: callsOfEach }, (_, i) =>
    http2Frame(frameTypes.headers, endHeaders | endStream, 2 * i + 1, block),
  );
  const goaway = http2Frame(frameTypes.goaway, 0, 0, Buffer.alloc(8));
  const opened = await Promise.all(Array.from({ length: connections }, () => openHttp2(port)));
  for (const connection of opened) connection.write(Buffer.concat([...heads, goaway]));
  await until(() => held.size === connections * callsOfEach, "all calls are under way");
  for (const connection of opened) connection.destroy();
  await until(() => listener.connections().open === 0, "all connections are closed");
});

it("nothing is read of a connection that waits to close: Node would take it for an error that ends the process", async () => {
  const closeInTurns = createClosingTurns();
  const accepted: Socket[] = [];
  const server = createServer((socket) => {
    closeInTurns(socket, () => callsOfEach);
    accepted.push(socket.resume());
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const opened = await Promise.all(Array.from({ length: connections }, () => openRaw(port)));
  await until(() => accepted.length === connections, "all connections are accepted");
  for (const connection of opened) connection.write(Buffer.alloc(64 * 1024));
  for (const socket of accepted) socket.destroy();
  await until(() => opened.every((connection) => connection.isClosed()), "all connections are closed");
});
