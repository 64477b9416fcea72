import type { Socket } from "node:net";

/** `HTTP/1.1 100`, of which only the digits of the version may differ. */
const continueHead = /^HTTP\/1\.\d 100[ \r]/;
/** Where those end at the latest. */
const headLength = 13;
const blankLine = Buffer.from("\r\n\r\n");
/** A longer interim answer is left to the parser, which refuses it. */
const maxInterimBytes = 16_384;

/**
 * Makes a socket leave out `100 Continue`, which a server may send though it was not asked to (RFC 9110, 15.2). undici
 * takes it for a bad answer, and the prediction would count as lost though it was executed.
 *
 * @param awaitsHead whether the next bytes are the head of an answer
 */
export function skipContinue(socket: Socket, awaitsHead: () => boolean): void {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
  /** The beginning of an interim answer whose end has not come. */
  let begun: Buffer | undefined;
  socket.read = (size?: number) => {
    const chunk = read(size);
    if (chunk === null || (begun === undefined && !(awaitsHead() && mayBeContinue(chunk)))) return chunk;
    let bytes = begun === undefined ? chunk : Buffer.concat([begun, chunk]);
    begun = undefined;
    while (mayBeContinue(bytes)) {
      const end = bytes.indexOf(blankLine);
      if (end < 0 && bytes.length <= maxInterimBytes) {
        begun = bytes;
        return null;
      }
      if (end < 0) return bytes;
      bytes = bytes.subarray(end + blankLine.length);
    }
    return bytes.length === 0 ? null : bytes;
  };
}

/** Whether bytes are the beginning of `100 Continue`, or too few to tell. */
function mayBeContinue(bytes: Buffer): boolean {
  if (bytes.length >= headLength) {
    // Nearly every answer is of another class.
    return bytes[9] === 0x31 && continueHead.test(bytes.toString("latin1", 0, headLength));
  }
  const text = bytes.toString("latin1");
  return text !== "" && (continueHead.test(text) || continueHead.test(text + "HTTP/1.1 100 ".slice(text.length)));
}
