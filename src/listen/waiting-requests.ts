import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { holdReads, readInSlices, releaseReads } from "./sliced-reads.ts";

/** While so many requests of a connection wait, no more of them are read. */
const mostWaiting = 16;

/** How many requests wait, by their connection. */
const waiting = new WeakMap<Socket, number>();

/** Whether an answer has to wait until those to earlier requests of its connection are out: its client did not wait for them. */
export function isBehindOthers(response: ServerResponse): boolean {
  return response.socket === null;
}

/**
 * Begins a request behind others when their answers are out. All that came in one read, 2,000 of them, would be worked on at once
 * otherwise, though their answers go out one after the other in any case.
 */
export function beginBehindOthers(socket: Socket, response: ServerResponse, begin: () => void): void {
  if (!waiting.has(socket)) onceThereAreMany(socket);
  const count = (waiting.get(socket) ?? 0) + 1;
  waiting.set(socket, count);
  if (count === mostWaiting) holdReads(socket);
  response.once("socket", () => {
    const left = waiting.get(socket)! - 1;
    waiting.set(socket, left);
    if (left < mostWaiting) releaseReads(socket);
    begin();
  });
}

function onceThereAreMany(socket: Socket): void {
  readInSlices(socket);
  // With a connection go the requests and the answers that wait, and Node makes an error for each: to note where it was made
  // takes several times as long as all the rest.
  let limit = Error.stackTraceLimit;
  socket.prependListener("close", () => {
    limit = Error.stackTraceLimit;
    Error.stackTraceLimit = 0;
  });
  socket.on("close", () => {
    Error.stackTraceLimit = limit;
  });
}
