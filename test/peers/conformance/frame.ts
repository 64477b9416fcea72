import type { Readable } from "node:stream";

/** Reads one message as the runner writes it: its length in four bytes, the most significant first, and then itself. */
export async function readFrame(stream: Readable): Promise<Uint8Array> {
  let received = Buffer.alloc(0);
  for await (const chunk of stream.iterator({ destroyOnReturn: false })) {
    received = Buffer.concat([received, chunk as Buffer]);
    if (received.length < 4) continue;
    const end = 4 + received.readUInt32BE(0);
    if (received.length >= end) return received.subarray(4, end);
  }
  throw new Error(`the input ended after ${received.length} bytes`);
}

/** A message as the runner reads it. */
export function frame(message: Uint8Array): Uint8Array {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  return Buffer.concat([length, message]);
}
