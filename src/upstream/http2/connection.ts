import type { Socket } from "node:net";
import {
  defaultFrameBytes,
  defaultWindow,
  errorCode,
  frameFlag,
  frameHeadBytes,
  frameType,
  maxWindow,
  preface,
  setting,
  settingsFrame,
  wordsFrame,
  writeFrameHead,
} from "../../base/http2-frames.ts";
import { BodySender } from "./body-sender.ts";
import { ClientStream, type StreamReceiver } from "./client-stream.ts";
import { FrameReader, withoutPadding } from "./frame-reader.ts";
import { HeadAssembler, type WholeHead } from "./head-assembler.ts";
import { emptyTable } from "./hpack/encode-head.ts";
import { HeadDecoder } from "./hpack/head-decoder.ts";
import { ProtocolError } from "./protocol-error.ts";
import { readSettings } from "./read-settings.ts";
import { SocketWriter } from "./socket-writer.ts";

/** What becomes of a connection. */
export interface ConnectionEvents {
  /** The server has said how many calls it takes at a time; infinite where it does not limit them. */
  settings(maxStreams: number): void;
  /** The server takes no more calls; those above `lastStreamId` it has not begun. */
  goaway(lastStreamId: number): void;
  /** Something of an answer has come. */
  heard(): void;
  /** It is gone. Its streams have learnt of it. */
  closed(): void;
}

/** Room for an answer before it is acknowledged; of one call, and of a connection. */
const streamWindowBytes = 1024 * 1024;
const connectionWindowBytes = 16 * 1024 * 1024;
/** How many automatic replies, such as to PINGs, may wait to be sent; a server that causes more is flooding. */
const maxQueuedReplies = 1000;
/** How many frames in a row may carry nothing. */
const maxIdleFrames = 10_000;
/**
 * After frames that take as long as this many small ones, nothing more is read in this turn of the event loop: Node
 * reads up to 32 pieces of 64 KiB in a row, and each may contain thousands.
 */
const maxWorkAtOnce = 1024;
/** This many bytes of a head take as long as a small frame. */
const headBytesPerWork = 16;
/** Stream numbers end here. */
const lastStreamNumber = 0x7fff_ffff;
/** How long the last frames may take to be sent, in milliseconds. */
const lingerMs = 1000;

/**
 * An HTTP/2 client connection (RFC 9113); each request has a complete body. It takes a fraction of the time of Node's:
 * there are no Node streams and no header objects, and everything that calls send in one turn is one write.
 *
 * Server push is disabled. Requests use no dynamic header table; answers may.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #events: ConnectionEvents;
  readonly #writer: SocketWriter;
  readonly #sender: BodySender;
  readonly #reader: FrameReader;
  readonly #heads = new HeadAssembler();
  readonly #decoder = new HeadDecoder();
  readonly #streams = new Map<number, ClientStream>();
  #nextId = 1;
  /** The highest stream of which anything has been written to the socket. */
  #handedId = 0;
  /** The highest stream that the server may work on. */
  #lastStreamId = lastStreamNumber;
  #initialWindow = defaultWindow;
  #receiveWindow = connectionWindowBytes;
  #unacknowledged = 0;
  #settled = false;
  #queuedReplies = 0;
  #idleFrames = 0;
  /** The work of reading small frames since others last had their turn. */
  #work = 0;
  /** Who waits for the answers of PINGs, in order. */
  readonly #pongs: (() => void)[] = [];
  #failure: Error | undefined;
  /** Whether it ends when its streams have ended. */
  #closing = false;
  #ended = false;

  /** @param socket an open connection, which nobody reads */
  constructor(socket: Socket, events: ConnectionEvents) {
    this.#socket = socket;
    this.#events = events;
    this.#writer = new SocketWriter(socket, () => this.#flushed());
    this.#sender = new BodySender(this.#writer);
    this.#reader = new FrameReader({
      frame: (type, flags, stream, payload) => this.#frame(type, flags, stream, payload),
      data: (stream, piece, isLast) => this.#data(stream, piece, piece.length, isLast),
    });
    socket.on("data", (piece: Buffer) => this.#read(piece));
    socket.on("drain", () => this.#drained());
    // Nothing more can be answered.
    socket.on("end", () => this.destroy());
    socket.on("error", (error) => {
      this.#failure ??= error;
    });
    socket.on("close", () => {
      this.#ended = true;
      this.#reader.stop();
      this.#breakStreams();
      events.closed();
    });
    this.#writer.write(preface);
    const settings = [
      [setting.enablePush, 0],
      [setting.initialWindowSize, streamWindowBytes],
    ] as const;
    this.#writer.write(settingsFrame(settings));
    this.#writer.write(wordsFrame(frameType.windowUpdate, 0, 0, [connectionWindowBytes - defaultWindow]));
  }

  /** Whether calls can begin on it. */
  get isOpen(): boolean {
    return !this.#ended && !this.#closing && this.#nextId <= lastStreamNumber;
  }

  get isDestroyed(): boolean {
    return this.#socket.destroyed;
  }

  /** Whether settings have come: what has come is HTTP/2 then. */
  get isSettled(): boolean {
    return this.#settled;
  }

  /** Whether anything has come. */
  get hasBegun(): boolean {
    return this.#socket.bytesRead > 0;
  }

  /** Why it broke; undefined where it did not, or not in a way that says more than that it is gone. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /**
   * Opens a stream, and sends a request on it.
   *
   * @param head its headers as HPACK has them, one character for each byte
   * @returns undefined where the connection takes no more: nothing has been sent then
   */
  open(head: string, chunks: readonly Uint8Array[], receiver: StreamReceiver): ClientStream | undefined {
    if (!this.isOpen || this.#socket.destroyed) return undefined;
    const id = this.#nextId;
    this.#nextId += 2;
    const stream = new ClientStream(id, chunks, receiver, this.#initialWindow, streamWindowBytes);
    this.#streams.set(id, stream);
    // The server may have requested a smaller table, and waits for this acknowledgement.
    this.#sendHead(id, id === 1 ? emptyTable + head : head, stream.left === 0);
    if (stream.left > 0) {
      this.#sender.add(stream);
      this.#send();
    }
    return stream;
  }

  /** Ends a stream, whose receiver hears nothing more. */
  reset(stream: ClientStream, code: number): void {
    if (!this.#forget(stream)) return;
    this.#writer.write(wordsFrame(frameType.rstStream, 0, stream.id, [code]));
  }

  /** Whether a server cannot have begun to work on a stream: it said so, or received nothing of it. */
  leftOut({ id }: ClientStream): boolean {
    return id > this.#lastStreamId || id > this.#handedId;
  }

  /** Asks whether the server is there. `onPong` is called when it answers. */
  ping(onPong: () => void): void {
    this.#pongs.push(onPong);
    this.#writer.write(wordsFrame(frameType.ping, 0, 0, [0, 0]));
  }

  /** Takes no more calls, and ends when those that are open have ended. */
  close(): void {
    this.#closing = true;
    if (this.#streams.size === 0) this.#end(errorCode.noError);
  }

  /** Ends it at once, with its streams. */
  destroy(failure?: Error): void {
    this.#failure ??= failure;
    this.#ended = true;
    this.#socket.destroy();
  }

  /** Sends GOAWAY, and gives up the remaining streams. */
  #end(code: number): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#reader.stop();
    this.#writer.write(wordsFrame(frameType.goaway, 0, 0, [0, code]));
    this.#writer.flush();
    this.#socket.destroySoon();
    // Where nobody reads it.
    setTimeout(() => this.#socket.destroy(), lingerMs).unref();
    this.#breakStreams();
  }

  #breakStreams(): void {
    const streams = [...this.#streams.values()];
    this.#streams.clear();
    this.#sender.clear();
    for (const { receiver } of streams) receiver.broken(errorCode.cancel);
  }

  #read(piece: Buffer): void {
    try {
      this.#reader.push(piece);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#failure ??= error;
      this.#end(error.code);
    }
    if (this.#work < maxWorkAtOnce) return;
    this.#work = 0;
    this.#socket.pause();
    setImmediate(() => this.#socket.resume());
  }

  #frame(type: number, flags: number, id: number, payload: Buffer): void {
    this.#work++;
    if (!this.#settled && type !== frameType.settings) {
      throw new ProtocolError(errorCode.protocolError, "no settings came first");
    }
    if (++this.#idleFrames > maxIdleFrames) {
      throw new ProtocolError(errorCode.enhanceYourCalm, "too many frames brought nothing");
    }
    this.#heads.assertFits(type, id);
    switch (type) {
      case frameType.data:
        this.#data(id, withoutPadding(flags, payload), payload.length, (flags & frameFlag.endStream) !== 0);
        return;
      case frameType.headers:
      case frameType.continuation:
        this.#streamOf(id);
        this.#head(this.#heads.add(type, flags, id, payload));
        return;
      case frameType.rstStream:
        this.#reset(id, payload);
        return;
      case frameType.settings:
        this.#settings(flags, id, payload);
        return;
      case frameType.pushPromise:
        throw new ProtocolError(errorCode.protocolError, "nothing may be pushed");
      case frameType.ping:
        this.#ping(flags, id, payload);
        return;
      case frameType.goaway:
        this.#goaway(id, payload);
        return;
      case frameType.windowUpdate:
        this.#windowUpdate(id, payload);
        return;
      default:
      // Unknown frames are ignored (RFC 9113, 4.1), and priorities only concern servers.
    }
  }

  /** @param size of the frame, with its padding */
  #data(id: number, piece: Buffer, size: number, isLast: boolean): void {
    this.#work++;
    if (!this.#settled) throw new ProtocolError(errorCode.protocolError, "no settings came first");
    this.#heads.assertFits(frameType.data, id);
    const stream = this.#streamOf(id);
    this.#receiveWindow -= size;
    if (this.#receiveWindow < 0)
      throw new ProtocolError(errorCode.flowControlError, "more came than there is room for");
    this.#unacknowledged += size;
    if (this.#unacknowledged > connectionWindowBytes / 2) {
      this.#writer.write(wordsFrame(frameType.windowUpdate, 0, 0, [this.#unacknowledged]));
      this.#receiveWindow += this.#unacknowledged;
      this.#unacknowledged = 0;
    }
    if (stream === undefined) return;
    if (!stream.hasHead) {
      this.#refuse(stream, errorCode.protocolError, "a body came before its head");
      return;
    }
    stream.receiveWindow -= size;
    if (stream.receiveWindow < 0) {
      this.#refuse(stream, errorCode.flowControlError, "more came than there is room for");
      return;
    }
    if (piece.length > 0) {
      this.#idleFrames = 0;
      stream.receivedBytes += piece.length;
      this.#events.heard();
      stream.receiver.data(piece);
    }
    if (isLast) {
      this.#finish(stream);
      return;
    }
    stream.unacknowledged += size;
    if (stream.unacknowledged <= streamWindowBytes / 2 || !this.#streams.has(id)) return;
    this.#writer.write(wordsFrame(frameType.windowUpdate, 0, id, [stream.unacknowledged]));
    stream.receiveWindow += stream.unacknowledged;
    stream.unacknowledged = 0;
  }

  #head(head: WholeHead | undefined): void {
    if (head === undefined) return;
    const { stream: id, block, ends } = head;
    // Every head is decoded, also for an abandoned stream, as HPACK requires.
    const headers = this.#decoder.decode(block);
    this.#work += block.length / headBytesPerWork;
    const stream = this.#streams.get(id);
    if (stream === undefined) return;
    this.#idleFrames = 0;
    this.#events.heard();
    if (headers === undefined) {
      this.#refuse(stream, errorCode.enhanceYourCalm, "a head is too large");
      return;
    }
    const wrong = stream.takeHead(headers, ends);
    if (wrong !== undefined) this.#refuse(stream, errorCode.protocolError, wrong);
    else if (ends) this.#finish(stream);
  }

  /** The answer is complete. */
  #finish(stream: ClientStream): void {
    const { left, receiver } = stream;
    if (!this.#streams.has(stream.id)) return;
    if (!stream.isComplete) {
      this.#refuse(stream, errorCode.protocolError, "an answer is not as long as it says");
      return;
    }
    // The server has answered without reading the whole request.
    if (left > 0) this.reset(stream, errorCode.cancel);
    else this.#forget(stream);
    receiver.end();
  }

  #reset(id: number, payload: Buffer): void {
    if (payload.length !== 4) throw new ProtocolError(errorCode.frameSizeError, "a reset has another size");
    const stream = this.#streamOf(id);
    if (stream === undefined) return;
    this.#forget(stream);
    stream.receiver.broken(payload.readUInt32BE(0));
  }

  #settings(flags: number, id: number, payload: Buffer): void {
    if (id !== 0) throw new ProtocolError(errorCode.protocolError, "settings are for a connection");
    if ((flags & frameFlag.ack) !== 0) {
      if (!this.#settled || payload.length > 0) throw new ProtocolError(errorCode.frameSizeError, "odd settings");
      return;
    }
    const { maxStreams, initialWindow, frameBytes } = readSettings(payload);
    if (initialWindow !== undefined) this.#setInitialWindow(initialWindow);
    if (frameBytes !== undefined) this.#sender.setFrameBytes(frameBytes);
    this.#reply(wordsFrame(frameType.settings, frameFlag.ack, 0, []));
    const isFirst = !this.#settled;
    this.#settled = true;
    if (isFirst || maxStreams !== undefined) this.#events.settings(maxStreams ?? Number.POSITIVE_INFINITY);
    this.#send();
  }

  #setInitialWindow(bytes: number): void {
    const more = bytes - this.#initialWindow;
    this.#initialWindow = bytes;
    for (const stream of this.#streams.values()) this.#widen(stream, more);
  }

  #ping(flags: number, id: number, payload: Buffer): void {
    if (id !== 0) throw new ProtocolError(errorCode.protocolError, "a PING is for a connection");
    if (payload.length !== 8) throw new ProtocolError(errorCode.frameSizeError, "a PING has another size");
    if ((flags & frameFlag.ack) === 0) {
      this.#reply(wordsFrame(frameType.ping, frameFlag.ack, 0, [payload.readUInt32BE(0), payload.readUInt32BE(4)]));
      return;
    }
    this.#pongs.shift()?.();
  }

  #goaway(id: number, payload: Buffer): void {
    if (id !== 0 || payload.length < 8) throw new ProtocolError(errorCode.protocolError, "an odd GOAWAY");
    const last = payload.readUInt32BE(0) & 0x7fff_ffff;
    const code = payload.readUInt32BE(4);
    this.#lastStreamId = Math.min(this.#lastStreamId, last);
    this.#closing = true;
    this.#events.goaway(this.#lastStreamId);
    if (code !== errorCode.noError) {
      this.#failure ??= new GoneAway(code);
      this.#end(errorCode.noError);
      return;
    }
    for (const stream of [...this.#streams.values()]) {
      if (stream.id <= this.#lastStreamId) continue;
      this.#forget(stream);
      stream.receiver.broken(errorCode.refusedStream);
    }
  }

  #windowUpdate(id: number, payload: Buffer): void {
    if (payload.length !== 4) throw new ProtocolError(errorCode.frameSizeError, "a window update has another size");
    const more = payload.readUInt32BE(0) & 0x7fff_ffff;
    if (id === 0) {
      if (more === 0 || !this.#sender.widen(more)) {
        throw new ProtocolError(errorCode.flowControlError, "a window is too large, or grows by nothing");
      }
    } else {
      const stream = this.#streamOf(id);
      if (stream === undefined) return;
      if (more === 0) this.#refuse(stream, errorCode.protocolError, "a window grows by nothing");
      else this.#widen(stream, more);
    }
    this.#send();
  }

  #widen(stream: ClientStream, more: number): void {
    stream.sendWindow += more;
    if (stream.sendWindow > maxWindow) this.#refuse(stream, errorCode.flowControlError, "a window is too large");
    else this.#sender.add(stream);
  }

  /**
   * The stream of a frame; undefined for one that has ended.
   *
   * @throws ProtocolError for one that was never opened
   */
  #streamOf(id: number): ClientStream | undefined {
    const stream = this.#streams.get(id);
    if (stream === undefined && (id % 2 === 0 || id >= this.#nextId)) {
      throw new ProtocolError(errorCode.protocolError, "a frame is for a stream that was never opened");
    }
    return stream;
  }

  /** Ends a stream on which the server breaks the rules. */
  #refuse(stream: ClientStream, code: number, why: string): void {
    this.reset(stream, code);
    stream.receiver.broken(code, new ProtocolError(code, why));
  }

  /** Whether the stream was open. */
  #forget(stream: ClientStream): boolean {
    if (!this.#streams.delete(stream.id)) return false;
    stream.left = 0;
    if (this.#closing && this.#streams.size === 0) setImmediate(() => this.#end(errorCode.noError));
    return true;
  }

  /** Answers something that came by itself. */
  #reply(frame: Buffer): void {
    if (++this.#queuedReplies > maxQueuedReplies) {
      throw new ProtocolError(errorCode.enhanceYourCalm, "a flood of frames that are to be answered");
    }
    this.#writer.write(frame);
  }

  #sendHead(id: number, head: string, isAll: boolean): void {
    let flags = isAll ? frameFlag.endStream : 0;
    let type: number = frameType.headers;
    for (let at = 0; at === 0 || at < head.length; at += defaultFrameBytes) {
      const end = Math.min(head.length, at + defaultFrameBytes);
      if (end === head.length) flags |= frameFlag.endHeaders;
      const start = this.#writer.room(frameHeadBytes + end - at);
      const { block } = this.#writer;
      writeFrameHead(block, start, end - at, type, flags, id);
      block.write(end - at === head.length ? head : head.slice(at, end), start + frameHeadBytes, "latin1");
      type = frameType.continuation;
      flags = 0;
    }
  }

  #flushed(): void {
    this.#handedId = this.#nextId - 2;
    this.#drained();
  }

  #drained(): void {
    if (this.#socket.writableLength === 0) this.#queuedReplies = 0;
    this.#send();
  }

  #send(): void {
    if (this.#sender.send()) this.#idleFrames = 0;
  }
}

/** The server ended the connection with a code. */
export class GoneAway extends Error {
  constructor(code: number) {
    super(`the server ended the connection (code ${code})`);
    this.name = "GoneAway";
  }
}
