import type { Socket } from "node:net";
import { answerBytes } from "./answer.ts";

/** What a faulty model does instead of answering. */
export interface Fault {
  /** In words, for the table. */
  readonly title: string;
  /** Whether connections are refused, or dropped as soon as they open: nothing is executed then. */
  readonly door?: "refuse" | "reset";
  /** What is sent in place of the right answer. */
  readonly act?: (socket: Socket, body: string, turn: number) => void;
  /** How many requests of four are answered in good order all the same, so that connections are reused. Default: 1. */
  readonly goodOfFour?: number;
}

const statuses = [500, 502, 503, 504];
const dripMs = 50;
const flood = Buffer.from(`4000\r\n${"1,".repeat(0x2000)}\r\n`);

/** Every fault, by the name of its model. */
export const faults = {
  refuse: { title: "connections refused", door: "refuse" },
  "reset-on-connect": { title: "reset as the connection opens", door: "reset" },
  "reset-before-head": {
    title: "executes, then resets before the answer",
    act: (socket) => socket.resetAndDestroy(),
  },
  "close-before-head": {
    title: "executes, then closes before the answer",
    act: (socket) => socket.end(),
  },
  "reset-within-head": {
    title: "resets within the head",
    act: (socket) => sendThenReset(socket, "HTTP/1.1 200 OK\r\ncontent-ty"),
  },
  "reset-after-head": {
    title: "resets after the head",
    act: (socket, body) => sendThenReset(socket, answerBytes(200, "", body.length)),
  },
  "half-body": {
    title: "closes after half a body",
    act: (socket, body) => socket.end(answerBytes(200, body.slice(0, body.length / 2), body.length)),
  },
  hang: { title: "never answers", act: () => {} },
  "hang-up": { title: "never answers; the caller leaves", act: () => {}, goodOfFour: 0 },
  "slow-drip": { title: "answers a byte each 50 ms", act: (socket, body) => drip(socket, answerBytes(200, body)) },
  "bursts-5xx": {
    title: "bursts of 500, 502, 503, 504",
    act: (socket, _body, turn) => {
      const status = statuses[Math.floor(turn / 20) % statuses.length]!;
      socket.write(answerBytes(status, '{"error":"made up"}'));
    },
  },
  "length-too-long": {
    title: "content-length above the body",
    act: (socket, body) => socket.write(answerBytes(200, body, body.length + 10)),
  },
  "length-too-short": {
    title: "content-length below the body",
    act: (socket, body) => socket.write(answerBytes(200, body, body.length - 2)),
  },
  "endless-body": { title: "a body without end", act: (socket) => pour(socket) },
  "not-http": { title: "not HTTP", act: (socket) => socket.write("220 mail.example ESMTP\r\n") },
  kill: { title: "kill -9 and restart, in turn", goodOfFour: 4 },
} as const satisfies Readonly<Record<string, Fault>>;

/** The name of a fault, and of the model that has it. */
export type FaultName = keyof typeof faults;

function sendThenReset(socket: Socket, bytes: string | Buffer): void {
  socket.write(bytes, () => socket.resetAndDestroy());
}

function drip(socket: Socket, bytes: Buffer): void {
  let at = 0;
  const timer = setInterval(() => {
    if (socket.destroyed || at === bytes.length) clearInterval(timer);
    else socket.write(bytes.subarray(at, ++at));
  }, dripMs);
}

function pour(socket: Socket): void {
  socket.write(
    'HTTP/1.1 200 X\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n10\r\n{"predictions":[\r\n',
  );
  const more = (): void => {
    while (!socket.destroyed && socket.write(flood)) {}
  };
  socket.on("drain", more);
  more();
}
