/** The types of frames (RFC 9113, 6). */
export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const frameFlag = { ack: 0x1, endStream: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

export const setting = { enablePush: 2, maxConcurrentStreams: 3, initialWindowSize: 4, maxFrameSize: 5 } as const;

/** Why a stream or a connection ends (RFC 9113, 7). */
export const errorCode = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  enhanceYourCalm: 11,
} as const;

export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export const frameHeadBytes = 9;
/** The largest payload of a frame, where nobody allows more; and the largest window. */
export const defaultFrameBytes = 16_384;
export const maxWindow = 0x7fff_ffff;
/** The window of a stream, and of a connection, until something else is said. */
export const defaultWindow = 65_535;

/** Writes the head of a frame. Returns the position behind it. */
export function writeFrameHead(
  into: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  stream: number,
): number {
  into[at] = length >>> 16;
  into[at + 1] = length >>> 8;
  into[at + 2] = length;
  into[at + 3] = type;
  into[at + 4] = flags;
  into[at + 5] = stream >>> 24;
  into[at + 6] = stream >>> 16;
  into[at + 7] = stream >>> 8;
  into[at + 8] = stream;
  return at + frameHeadBytes;
}

/** A frame whose payload is whole numbers of 32 bits. */
export function wordsFrame(type: number, flags: number, stream: number, words: readonly number[]): Buffer {
  const frame = Buffer.allocUnsafe(frameHeadBytes + 4 * words.length);
  let at = writeFrameHead(frame, 0, 4 * words.length, type, flags, stream);
  for (const word of words) at = frame.writeUInt32BE(word, at);
  return frame;
}

/** The SETTINGS of this side. */
export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const frame = Buffer.allocUnsafe(frameHeadBytes + 6 * settings.length);
  let at = writeFrameHead(frame, 0, 6 * settings.length, frameType.settings, 0, 0);
  for (const [id, value] of settings) at = frame.writeUInt32BE(value, frame.writeUInt16BE(id, at));
  return frame;
}
