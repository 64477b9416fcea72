import { errorCode, frameFlag, frameType } from "../../base/http2-frames.ts";
import { withoutPadding } from "./frame-reader.ts";
import { ProtocolError } from "./protocol-error.ts";

/** A head whose frames have all come. */
export interface WholeHead {
  readonly stream: number;
  /** Whether it is the last of its stream. */
  readonly ends: boolean;
  /** As HPACK has it. */
  readonly block: Buffer;
}

/** The largest head, as it comes. */
const maxBlockBytes = 32 * 1024;
const priorityBytes = 5;

/** Puts heads together: each is a HEADERS frame, with CONTINUATION frames behind it where one is not enough. */
export class HeadAssembler {
  #begun: (Omit<WholeHead, "block"> & { readonly pieces: Buffer[]; bytes: number }) | undefined;

  /** Asserts that a frame does not come within a head that is not complete. @throws ProtocolError */
  assertFits(type: number, stream: number): void {
    const begun = this.#begun;
    if (begun === undefined) {
      if (type === frameType.continuation) throw wrong(errorCode.protocolError, "a head goes on that has not begun");
    } else if (type !== frameType.continuation || stream !== begun.stream) {
      throw wrong(errorCode.protocolError, "a head is not complete");
    }
  }

  /**
   * Takes a HEADERS or a CONTINUATION frame that fits.
   *
   * @returns the head that is complete by that
   * @throws ProtocolError
   */
  add(type: number, flags: number, stream: number, payload: Buffer): WholeHead | undefined {
    const begun = this.#begun;
    const isLast = (flags & frameFlag.endHeaders) !== 0;
    if (begun === undefined || type === frameType.headers) {
      const ends = (flags & frameFlag.endStream) !== 0;
      const block = blockOf(flags, payload);
      if (isLast) return { stream, ends, block };
      this.#begun = { stream, ends, pieces: [block], bytes: block.length };
      return undefined;
    }
    begun.bytes += payload.length;
    if (begun.bytes > maxBlockBytes) throw wrong(errorCode.enhanceYourCalm, "a head is too large");
    begun.pieces.push(payload);
    if (!isLast) return undefined;
    this.#begun = undefined;
    return { stream, ends: begun.ends, block: Buffer.concat(begun.pieces, begun.bytes) };
  }
}

/** What a HEADERS frame holds of a head. */
function blockOf(flags: number, payload: Buffer): Buffer {
  const block = withoutPadding(flags, payload);
  if ((flags & frameFlag.priority) === 0) return block;
  if (block.length < priorityBytes) throw wrong(errorCode.frameSizeError, "a head is too short");
  return block.subarray(priorityBytes);
}

function wrong(code: number, why: string): ProtocolError {
  return new ProtocolError(code, why);
}
