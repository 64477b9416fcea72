import {
  defaultFrameBytes,
  defaultWindow,
  frameFlag,
  frameHeadBytes,
  frameType,
  maxWindow,
  writeFrameHead,
} from "../../base/http2-frames.ts";
import type { ClientStream } from "./client-stream.ts";
import type { SocketWriter } from "./socket-writer.ts";

/** How many bytes of bodies may wait in this process to be sent by the system. */
const maxQueuedBytes = 1024 * 1024;
/** How much of a body is sent before it is another's turn. */
const turnBytes = 256 * 1024;
/** Larger frames than this save nothing. */
const maxSentFrameBytes = 64 * 1024;

/** Sends the bodies of the requests of one connection, in turn, as far as the server's windows allow. */
export class BodySender {
  readonly #writer: SocketWriter;
  /** Those that have something to send and may send it. */
  readonly #senders: ClientStream[] = [];
  #window = defaultWindow;
  #frameBytes = defaultFrameBytes;

  constructor(writer: SocketWriter) {
    this.#writer = writer;
  }

  /** @param bytes what the server takes in one frame */
  setFrameBytes(bytes: number): void {
    this.#frameBytes = Math.min(bytes, maxSentFrameBytes);
  }

  /** Makes the window of the connection wider. False where it would be wider than any. */
  widen(bytes: number): boolean {
    this.#window += bytes;
    return this.#window <= maxWindow;
  }

  /** Takes a stream in, where it has something to send and may send it. */
  add(stream: ClientStream): void {
    if (stream.isQueued || stream.left === 0 || stream.sendWindow <= 0) return;
    stream.isQueued = true;
    this.#senders.push(stream);
  }

  clear(): void {
    this.#senders.length = 0;
  }

  /** Sends what may be sent. Returns whether that was anything. */
  send(): boolean {
    let hasSent = false;
    while (this.#senders.length > 0 && this.#window > 0 && this.#writer.queuedBytes < maxQueuedBytes) {
      const stream = this.#senders.shift()!;
      stream.isQueued = false;
      // It may have ended while it waited.
      const bytes = Math.min(stream.left, stream.sendWindow, this.#window, turnBytes);
      if (bytes <= 0) continue;
      this.#sendSome(stream, bytes);
      this.add(stream);
      hasSent = true;
    }
    return hasSent;
  }

  #sendSome(stream: ClientStream, bytes: number): void {
    stream.sendWindow -= bytes;
    this.#window -= bytes;
    for (let left = bytes; left > 0; ) {
      let room = Math.min(left, this.#frameBytes);
      left -= room;
      stream.left -= room;
      const at = this.#writer.room(frameHeadBytes);
      const flags = stream.left === 0 ? frameFlag.endStream : 0;
      writeFrameHead(this.#writer.block, at, room, frameType.data, flags, stream.id);
      while (room > 0) {
        const chunk = stream.chunks[stream.next]!;
        const end = Math.min(chunk.byteLength, stream.offset + room);
        room -= end - stream.offset;
        if (end > stream.offset) this.#writer.write(partOf(chunk, stream.offset, end));
        stream.offset = end;
        if (end < chunk.byteLength) continue;
        stream.next++;
        stream.offset = 0;
      }
    }
  }
}

function partOf(chunk: Uint8Array, start: number, end: number): Uint8Array {
  return start === 0 && end === chunk.byteLength ? chunk : chunk.subarray(start, end);
}
