import type { BodySize } from "../plain-body.ts";
import { headBytes } from "./envelope-reader.ts";

/**
 * How large a body is that is one message in an envelope, so that neither a second message nor one that is too large is
 * waited for; the most that it may be where too little has come to see that.
 */
export function sizeOfEnvelope(maxBytes: number): BodySize {
  const declaredBytes = (begin: Buffer): number =>
    begin.byteLength < headBytes ? 0 : headBytes + begin.readUInt32BE(1);
  return {
    declaredBytes,
    maxBytes: (begin) => {
      const bytes = declaredBytes(begin);
      if (bytes === 0) return headBytes + maxBytes;
      return bytes > headBytes + maxBytes ? 0 : bytes;
    },
  };
}

/** The message of a body that is exactly one envelope without flags, so not compressed; undefined of any other. */
export function messageInEnvelope(body: Buffer): Buffer | undefined {
  const isWhole = body.byteLength >= headBytes && body.readUInt32BE(1) === body.byteLength - headBytes;
  return isWhole && body[0] === 0 ? body.subarray(headBytes) : undefined;
}
