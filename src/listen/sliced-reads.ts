import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import { whenNotBusy } from "../base/yield-if-busy.ts";

/** What the parser is given at first, and at least. */
export const sliceBytes = 2 * 1024;
const maxSliceBytes = 64 * 1024;

/** It is given more at a time as long as it takes less than this, in milliseconds, and less when it takes longer. */
const sliceMs = 0.25;

const sliced = new WeakSet<Socket>();
const held = new WeakSet<Socket>();

/** Takes nothing more from a connection that is read in slices, until that is taken back. */
export function holdReads(socket: Socket): void {
  held.add(socket);
}

export function releaseReads(socket: Socket): void {
  if (held.delete(socket) && !isHeldByNode(socket)) socket.resume();
}

/**
 * Reads the connection of a request in slices where its body comes in chunks, before they turn out to be small: a read of 64 KiB
 * holds 10,000 of one byte. Other bodies are better read by Node beneath the stream: their pieces have memory of their own,
 * which is given back at once.
 */
export function sliceChunks(request: IncomingMessage): void {
  if (request.headers["transfer-encoding"] !== undefined) readInSlices(request.socket);
}

/**
 * Hands what comes over an HTTP/1.1 connection to Node's parser in slices, and gives way between them. The parser works off all
 * that has come in one read at once, and makes an event of each chunk and of each request: 64 KiB of chunks of one byte are
 * 10,000 events, and what many connections send is read in one turn of the event loop. What comes in pieces of ordinary
 * sizes soon goes through as it is.
 *
 * To be called once Node's server has the connection. What is being parsed by then is parsed to its end.
 */
export function readInSlices(socket: Socket): void {
  const parse = socket.listeners("data")[0] as ((bytes: Buffer) => void) | undefined;
  if (parse === undefined || sliced.has(socket)) return;
  sliced.add(socket);
  let size = sliceBytes;
  let waits = false;
  let isItsTurn = false;
  const goOn = (): void => {
    waits = false;
    isItsTurn = true;
    if (!isHeld(socket)) socket.resume();
  };
  const onData = (bytes: Buffer): void => {
    for (let at = 0; at < bytes.length && !socket.destroyed; ) {
      if (!waits && !isItsTurn) {
        const turn = whenNotBusy(socket);
        waits = turn !== undefined;
        void turn?.then(goOn);
      }
      // Who reads the body may have paused the connection between two slices.
      if (waits || socket.isPaused() || isHeld(socket)) {
        socket.pause();
        socket.unshift(bytes.subarray(at));
        return;
      }
      isItsTurn = false;
      const beganMs = performance.now();
      parse(bytes.subarray(at, at + size));
      at += size;
      size = performance.now() - beganMs < sliceMs ? Math.min(2 * size, maxSliceBytes) : Math.max(size / 2, sliceBytes);
    }
  };
  // Node hands over to its parser beneath the stream until somebody listens here.
  socket.on("data", onData);
  socket.off("data", parse);
}

function isHeld(socket: Socket): boolean {
  return held.has(socket) || isHeldByNode(socket);
}

/** Whether Node waits until earlier answers are out, of a client that does not wait for them; its parser takes nothing then. */
function isHeldByNode(socket: Socket): boolean {
  return (socket as Socket & { readonly _paused?: boolean })._paused === true;
}
