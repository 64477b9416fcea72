import { constants, crc32, deflateRawSync } from "node:zlib";
import { takeAll } from "../base/take-all.ts";
import { acceptsCoding } from "./accepts.ts";
import { breakOff, type HttpResponse, hasLeft } from "./http.ts";
import { addVary } from "./http-message.ts";

/** Writes a streamed answer. The caller can read each piece before the next one is written. */
export interface PieceWriter {
  /**
   * Takes a piece.
   *
   * @returns whether there is room for more; else the response says `drain` once there is
   * @throws RegistryError SERVER_OVERLOADED where there is no room for the answer
   */
  write(piece: Uint8Array): boolean;
  /** Ends the answer. */
  end(): void;
}

/**
 * The size of a batch that is compressed at once, in bytes: models resemble each other, and compress better together.
 */
const batchBytes = 32 * 1024;
/** How long the first piece of a batch waits for others at most, in milliseconds. */
const batchMs = 10;
/** Below this compressing costs more than it saves. */
const minBytes = 512;

/** RFC 1952, 2.3: deflate, no flags, no time, of no known system. */
const head = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
/** RFC 1951, 3.2.4: a last block without content, at the start of a byte. */
const lastBlock = Buffer.from([1, 0, 0, 0xff, 0xff]);

/** How many bytes are joined into one write: each write costs as much as encoding a message. */
const maxJoinedBytes = 64 * 1024;

/**
 * A writer without compression. The first piece is sent at once; those that follow in the same turn of the event loop
 * are sent together.
 */
export function createPlainWriter(response: HttpResponse): PieceWriter {
  const waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let isJoining = false;
  const send = writeOf(response);
  const flush = (): boolean => {
    if (waiting.length === 0 || hasLeft(response)) return true;
    const pieces = takeAll(waiting);
    const joined = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, waitingBytes);
    waitingBytes = 0;
    return send(joined);
  };
  const endJoining = (): void => {
    isJoining = false;
    unlessFull(response, flush);
  };
  return {
    write(piece) {
      if (!isJoining) {
        isJoining = true;
        process.nextTick(endJoining);
        return send(piece);
      }
      waiting.push(piece);
      waitingBytes += piece.byteLength;
      return waitingBytes < maxJoinedBytes || flush();
    },
    end() {
      unlessFull(response, flush);
      response.end();
    },
  };
}

function writeOf(response: HttpResponse): PieceWriter["write"] {
  return (response.write as PieceWriter["write"]).bind(response);
}

/**
 * Writes where the head has been sent already, so that running out of memory can only be shown by breaking the answer
 * off.
 */
function unlessFull(response: HttpResponse, write: () => void): void {
  try {
    write();
  } catch {
    breakOff(response);
  }
}

/**
 * A writer for an answer whose head has not been sent. It compresses where the caller accepts gzip, as browsers do: all
 * models of a large registry are several megabytes otherwise.
 */
export function createPieceWriter(response: HttpResponse): PieceWriter {
  addVary(response, "accept-encoding");
  if (!acceptsCoding(response.req.headers["accept-encoding"], "gzip")) return createPlainWriter(response);
  response.setHeader("content-encoding", "gzip");
  return createGzipWriter(response, writeOf(response));
}

/**
 * Batches are compressed separately and concatenated into one gzip stream: a compressor that lives as long as the
 * answer would take a quarter of a megabyte for each watch.
 */
function createGzipWriter(response: HttpResponse, write: PieceWriter["write"]): PieceWriter {
  const pieces: Uint8Array[] = [head];
  const waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  let checksum = 0;
  let size = 0;
  let timer: NodeJS.Timeout | undefined;
  let hasRoom = true;
  response.on("drain", () => {
    hasRoom = true;
  });
  const compressWaiting = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.length === 0) return;
    const plain = takeAll(waiting);
    const batch = plain.length === 1 ? plain[0]! : Buffer.concat(plain, waitingBytes);
    waitingBytes = 0;
    checksum = crc32(batch, checksum);
    size += batch.byteLength;
    pieces.push(batch.byteLength < minBytes ? stored(batch) : compressed(batch));
  };
  const flush = (): boolean => {
    if (hasLeft(response)) return true;
    compressWaiting();
    hasRoom = write(Buffer.concat(takeAll(pieces)));
    return hasRoom;
  };
  const flushSoon = (): void => {
    timer ??= setTimeout(() => unlessFull(response, flush), batchMs);
  };
  return {
    write(piece) {
      waiting.push(piece);
      waitingBytes += piece.byteLength;
      if (waitingBytes >= batchBytes) return flush();
      flushSoon();
      return hasRoom;
    },
    end() {
      if (hasLeft(response)) return;
      compressWaiting();
      const trailer = Buffer.alloc(8);
      trailer.writeUInt32LE(checksum, 0);
      trailer.writeUInt32LE(size % 2 ** 32, 4);
      (response.end as (last: Uint8Array) => unknown)(Buffer.concat([...pieces, lastBlock, trailer]));
    },
  };
}

/** Deflate blocks that end at a byte boundary and refer to nothing before them. */
function compressed(batch: Uint8Array): Uint8Array {
  return deflateRawSync(batch, { level: constants.Z_BEST_SPEED, finishFlush: constants.Z_SYNC_FLUSH });
}

/** A stored (uncompressed) block of less than 64 KiB: its length, and the complement of the length. */
function stored(batch: Uint8Array): Uint8Array {
  const block = Buffer.alloc(5 + batch.byteLength);
  block.writeUInt16LE(batch.byteLength, 1);
  block.writeUInt16LE(0xffff - batch.byteLength, 3);
  block.set(batch, 5);
  return block;
}
