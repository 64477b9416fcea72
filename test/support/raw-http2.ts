import { frameTypes, headerBlock, http2Frame, preface } from "./http2-frames.ts";
import { openRaw, type RawConnection } from "./raw-connection.ts";

/** A frame that came back. */
export interface ReceivedFrame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

/** An HTTP/2 connection whose every frame the test chooses. */
export interface RawHttp2 extends RawConnection {
  /** The whole frames that have come back so far. */
  frames(): ReceivedFrame[];
  /** The codes of the GOAWAY frames that have come back, in order. */
  goaways(): number[];
  /** The code that a stream was reset with; undefined while it was not. */
  resetOf(stream: number): number | undefined;
}

/** Opens an HTTP/2 connection: the preface and empty settings are sent. Settings of the server are not acknowledged. */
export async function openHttp2(port: number): Promise<RawHttp2> {
  const connection = await openRaw(port);
  connection.write(Buffer.concat([preface, http2Frame(frameTypes.settings, 0, 0, Buffer.alloc(0))]));
  const frames = (): ReceivedFrame[] => parseFrames(Buffer.from(connection.received(), "latin1"));
  return {
    ...connection,
    frames,
    goaways: () =>
      frames()
        .filter(({ type }) => type === frameTypes.goaway)
        .map(({ payload }) => payload.readUInt32BE(4)),
    resetOf: (stream) =>
      frames()
        .find((frame) => frame.type === frameTypes.rstStream && frame.stream === stream)
        ?.payload.readUInt32BE(0),
  };
}

function parseFrames(bytes: Buffer): ReceivedFrame[] {
  const frames: ReceivedFrame[] = [];
  for (let at = 0; at + 9 <= bytes.length; ) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    if (end > bytes.length) break;
    frames.push({
      type: bytes[at + 3]!,
      flags: bytes[at + 4]!,
      stream: bytes.readUInt32BE(at + 5),
      payload: bytes.subarray(at + 9, end),
    });
    at = end;
  }
  return frames;
}

/** The header block of a request. */
export function requestBlock(method: string, path: string, more: readonly (readonly [string, string])[] = []): Buffer {
  return headerBlock([[":method", method], [":path", path], [":scheme", "http"], [":authority", "x"], ...more]);
}

/** Whether the head of an answer has come back on a stream. */
export function answered(connection: RawHttp2, stream: number): boolean {
  return connection.frames().some((frame) => frame.type === frameTypes.headers && frame.stream === stream);
}
