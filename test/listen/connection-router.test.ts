import { EventEmitter } from "node:events";
import type http from "node:http";
import { Duplex } from "node:stream";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { routeConnections } from "../../src/listen/connection-router.ts";
import { preface } from "../support/http2-frames.ts";

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
afterEach(() => vi.restoreAllMocks());

/** Servers that note which connections they are handed, each of which makes its turn long, and what opens one. */
async function setUp() {
  await nextTurn();
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const accepted: Duplex[] = [];
  const http1 = new EventEmitter();
  http1.on("connection", () => {});
  const acceptHttp2 = (socket: Duplex): void => {
    accepted.push(socket);
    now += 5;
  };
  routeConnections(http1 as http.Server, 10_000, () => {}, acceptHttp2);
  const open = (bytes: Buffer): Duplex => {
    const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    onTestFinished(() => void socket.destroy());
    http1.emit("connection", socket);
    socket.push(bytes);
    return socket;
  };
  return { accepted, open };
}

it("hands HTTP/2 connections over one after the other while each makes a turn long", async () => {
  const { accepted, open } = await setUp();
  const opened = Array.from({ length: 4 }, () => open(preface));
  const inTurns: number[] = [];
  while (accepted.length < opened.length) {
    const before = accepted.length;
    await nextTurn();
    inTurns.push(accepted.length - before);
  }
  expect(Math.max(...inTurns)).toBe(1);
  expect(accepted).toEqual(opened);
});

it("hands a connection over with all that has come while it waited", async () => {
  const { accepted, open } = await setUp();
  open(preface);
  const waits = open(Buffer.concat([preface, Buffer.from("first ")]));
  await nextTurn();
  waits.push("second");
  while (!accepted.includes(waits)) await nextTurn();
  expect(String(waits.read())).toBe(`${preface}first second`);
});

it("hands no connection over that has broken while it waited", async () => {
  const { accepted, open } = await setUp();
  open(preface);
  const [broken, last] = [open(preface), open(preface)];
  broken.destroy(new Error("reset"));
  while (!accepted.includes(last)) await nextTurn();
  await nextTurn();
  expect(accepted).not.toContain(broken);
});
