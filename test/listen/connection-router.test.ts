import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import { afterEach, expect, it, onTestFinished, vi } from "vitest";
import { createConnectionRouter } from "../../src/listen/connection-router.ts";
import { UnreadBytes } from "../../src/listen/unread-bytes.ts";
import { frameTypes, http2Frame, preface } from "../support/http2-frames.ts";

const maxUnread = 8 * 1024;
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
afterEach(() => vi.restoreAllMocks());

/** Servers that note which connections they are handed, each of which makes its turn long, and what opens one. */
async function setUp() {
  await nextTurn();
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const accepted: Duplex[] = [];
  const http2: Duplex[] = [];
  const accept = (socket: Duplex): void => {
    accepted.push(socket);
    now += 5;
  };
  const unread = new UnreadBytes(maxUnread);
  const router = createConnectionRouter(10_000, unread, accept, (socket) => {
    http2.push(socket);
    accept(socket);
  });
  const open = (bytes: Buffer, route: "route" | "routeHttp2" = "route"): Duplex => {
    const socket = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
    onTestFinished(() => void socket.destroy());
    router[route](socket as Socket);
    socket.push(bytes);
    return socket;
  };
  return { accepted, http2, open, abandonUndecided: () => router.close() };
}

it.each([
  ["HTTP/1.1", Buffer.from("GET / HTTP/1.1\r\n"), "route"],
  ["HTTP/1.1 with a whole head", Buffer.from("GET / HTTP/1.1\r\n\r\n"), "route"],
  ["HTTP/2", preface, "route"],
  ["HTTP/2 over TLS", preface, "routeHttp2"],
] as const)("hands %s connections over one after the other while each makes a turn long", async (_, bytes, route) => {
  const { accepted, open } = await setUp();
  const opened = Array.from({ length: 4 }, () => open(bytes, route));
  const inTurns: number[] = [];
  while (accepted.length < opened.length) {
    const before = accepted.length;
    await nextTurn();
    inTurns.push(accepted.length - before);
  }
  expect(Math.max(...inTurns)).toBe(1);
  expect(accepted).toEqual(opened);
});

it("hands a connection whose client chose HTTP/2 by ALPN to that, whatever it sends", async () => {
  const { accepted, http2, open } = await setUp();
  const bytes = Buffer.from("GET / HTTP/1.1\r\n\r\n");
  const [unknown, chosen] = [open(bytes), open(bytes, "routeHttp2")];
  while (accepted.length < 2) await nextTurn();
  expect(new Set(accepted)).toEqual(new Set([unknown, chosen]));
  expect(http2).toEqual([chosen]);
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

it("closes those that have not sent enough to tell, and hands over those whose turn has not come", async () => {
  const { accepted, open, abandonUndecided } = await setUp();
  const [unsure, first] = [open(preface.subarray(0, 1)), open(preface)];
  while (accepted.length === 0) await nextTurn();
  const waits = open(preface);
  const late = open(preface);
  await new Promise<void>((resolve) => process.nextTick(resolve));
  abandonUndecided();
  while (accepted.length < 3) await nextTurn();
  expect(accepted).toEqual([first, waits, late]);
  expect(unsure.destroyed).toBe(true);
});

it("closes a connection whose turn comes later, and that has not sent enough to tell by then", async () => {
  const { accepted, open, abandonUndecided } = await setUp();
  open(preface);
  const [unsure, last] = [open(preface.subarray(0, 1)), open(preface)];
  await new Promise<void>((resolve) => process.nextTick(resolve));
  abandonUndecided();
  while (!accepted.includes(last)) await nextTurn();
  expect(unsure.destroyed).toBe(true);
});

it("hands a connection over that has sent a whole head of HTTP/1.1 before others that have sent less", async () => {
  const { accepted, open } = await setUp();
  for (let i = 0; i < 4; i++) open(preface);
  const whole = open(Buffer.from("GET / HTTP/1.1\r\n\r\n"));
  while (!accepted.includes(whole)) await nextTurn();
  expect(accepted.length).toBeLessThan(5);
});

it("closes those that have waited longest where all that wait have sent more than is kept", async () => {
  const { accepted, open } = await setUp();
  open(preface);
  const bytes = Buffer.from(`GET / HTTP/1.1\r\nx: ${"y".repeat(3000)}`);
  const waiting = Array.from({ length: 4 }, () => open(bytes));
  const small = open(Buffer.from("GET / HTTP/1.1\r\n"));
  while (!accepted.includes(small)) await nextTurn();
  expect(waiting.map((socket) => socket.destroyed)).toEqual([true, true, false, false]);
  expect(accepted.slice(-3)).toEqual([...waiting.slice(2), small]);
});

it("hands a connection over whose client has ended its side after a whole head of HTTP/1.1", async () => {
  const { accepted, open } = await setUp();
  const whole = Array.from({ length: 2 }, () => open(Buffer.from("GET / HTTP/1.1\r\n\r\n")));
  for (const socket of whole) socket.push(null);
  while (accepted.length < whole.length) await nextTurn();
  expect(accepted).toEqual(whole);
});

it("hands connections over that begin with few calls before those that begin with many, which come one by one", async () => {
  const { accepted, open } = await setUp();
  const calls = (count: number): Buffer =>
    Buffer.concat([
      preface,
      ...Array.from({ length: count }, () => http2Frame(frameTypes.headers, 0, 1, Buffer.alloc(20))),
    ]);
  const many = Array.from({ length: 3 }, () => open(calls(17)));
  // What it begins with comes in two pieces.
  const late = open(preface);
  late.push(calls(17).subarray(preface.length));
  const few = Array.from({ length: 4 }, () => open(calls(16)));
  while (!few.every((socket) => accepted.includes(socket))) await nextTurn();
  expect(accepted.filter((socket) => !few.includes(socket))).toEqual(many.slice(0, 1));
  while (accepted.length < many.length + few.length + 1) await nextTurn();
  expect(accepted.at(-1)).toBe(late);
});
