import { defaultFrameBytes, errorCode, frameFlag, frameHeadBytes, frameType } from "../../base/http2-frames.ts";
import { ProtocolError } from "./protocol-error.ts";

/** What frames are handed to. */
export interface FrameReceiver {
  /** A frame with its whole payload: of any kind, but of DATA only one that is padded or empty. */
  frame(type: number, flags: number, stream: number, payload: Buffer): void;
  /** A piece of the content of a DATA frame. `isLast`: the frame ends the stream, and this is its last piece. */
  data(stream: number, piece: Buffer, isLast: boolean): void;
}

const nothing = Buffer.alloc(0);

/** Finds the frames in what comes over a connection. Content of DATA frames is handed on as it comes, and not copied. */
export class FrameReader {
  readonly #receiver: FrameReceiver;
  /** The beginning of a frame whose rest has not come. */
  #begun: Buffer = nothing;
  /** How much of a DATA frame is to come. */
  #dataLeft = 0;
  #dataStream = 0;
  #dataEnds = false;
  #stopped = false;

  constructor(receiver: FrameReceiver) {
    this.#receiver = receiver;
  }

  /** Hands nothing over any more. */
  stop(): void {
    this.#stopped = true;
    this.#begun = nothing;
  }

  /** @throws ProtocolError for a frame that is too large; what the receiver throws */
  push(piece: Buffer): void {
    const bytes = this.#begun.length === 0 ? piece : Buffer.concat([this.#begun, piece]);
    this.#begun = nothing;
    let at = 0;
    while (at < bytes.length && !this.#stopped) {
      if (this.#dataLeft > 0) {
        const end = Math.min(bytes.length, at + this.#dataLeft);
        this.#dataLeft -= end - at;
        this.#receiver.data(this.#dataStream, bytes.subarray(at, end), this.#dataEnds && this.#dataLeft === 0);
        at = end;
        continue;
      }
      const start = at + frameHeadBytes;
      if (start > bytes.length) break;
      const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
      if (length > defaultFrameBytes) throw new ProtocolError(errorCode.frameSizeError, "a frame is too large");
      const type = bytes[at + 3]!;
      const flags = bytes[at + 4]!;
      const stream = bytes.readUInt32BE(at + 5) & 0x7fff_ffff;
      if (type === frameType.data && length > 0 && (flags & frameFlag.padded) === 0) {
        this.#dataLeft = length;
        this.#dataStream = stream;
        this.#dataEnds = (flags & frameFlag.endStream) !== 0;
        at = start;
        continue;
      }
      if (start + length > bytes.length) break;
      this.#receiver.frame(type, flags, stream, bytes.subarray(start, start + length));
      at = start + length;
    }
    if (at < bytes.length && !this.#stopped) this.#begun = bytes.subarray(at);
  }
}

/**
 * The payload of a padded frame without its padding.
 *
 * @throws ProtocolError
 */
export function withoutPadding(flags: number, payload: Buffer): Buffer {
  if ((flags & frameFlag.padded) === 0) return payload;
  const padding = payload[0];
  if (padding === undefined || padding >= payload.length) {
    throw new ProtocolError(errorCode.protocolError, "a frame has more padding than payload");
  }
  return payload.subarray(1, payload.length - padding);
}
