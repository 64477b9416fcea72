import {
  endHeaders,
  endStream,
  frameTypes,
  headerBlock,
  http2Frame,
  preface,
} from "../../test/support/http2-frames.ts";
import type { Dice } from "./dice.ts";
import { anyInput, type Header, http2Bytes, raw, requestFrames } from "./good-input.ts";
import { hostileText } from "./hostile-text.ts";
import type { Input } from "./input.ts";
import { mutate } from "./mutate.ts";

/** Two good requests on a connection, with some bytes changed. */
export function changedHttp2(dice: Dice): Input {
  const bytes = http2Bytes([anyInput(dice), anyInput(dice)]);
  const changed = mutate(bytes.subarray(preface.length), dice, [bytes]);
  return raw(dice, Buffer.concat([preface, changed]));
}

/** Frames that HTTP/2 forbids in some way, most of the time. */
export function oddHttp2(dice: Dice): Input {
  const frames = Array.from({ length: 1 + dice.length(12) }, () => oddFrame(dice));
  const first = dice.chance(0.9) ? [http2Frame(frameTypes.settings, 0, 0, Buffer.alloc(0))] : [];
  return raw(dice, Buffer.concat([preface, ...first, ...frames.flat()]));
}

function oddFrame(dice: Dice): Buffer[] {
  const stream = dice.pick([0, 1, 1, 1, 3, 3, 5, 2, 0x7fffffff, 0xffffffff]);
  const { data, headers, rstStream, settings, ping, goaway, windowUpdate, continuation, priority, pushPromise } =
    frameTypes;
  switch (dice.below(12)) {
    case 0:
      return [http2Frame(data, dice.below(256), stream, dice.bytes(dice.length(500)))];
    case 1:
      return [
        http2Frame(
          settings,
          dice.below(2),
          0,
          Buffer.concat(Array.from({ length: dice.length(50) }, () => setting(dice))),
        ),
      ];
    case 2:
      return Array.from({ length: dice.length(100) }, () => http2Frame(ping, dice.below(2), 0, dice.bytes(8)));
    case 3:
      return [
        http2Frame(
          windowUpdate,
          0,
          stream,
          dice.pick([Buffer.alloc(4), Buffer.from([0x7f, 255, 255, 255]), dice.bytes(4), dice.bytes(3)]),
        ),
      ];
    case 4:
      return [http2Frame(goaway, 0, 0, dice.bytes(8 + dice.length(100)))];
    case 5:
      return [
        http2Frame(headers, dice.chance(0.5) ? endHeaders : dice.below(256), stream, dice.bytes(dice.length(300))),
      ];
    case 6: {
      // CONTINUATION frames without end (CVE-2024-27316).
      const block = headerBlock([
        [":method", "GET"],
        [":scheme", "http"],
        [":path", "/livez"],
      ]);
      const more = Array.from({ length: dice.length(200) }, () =>
        http2Frame(continuation, 0, 1, headerBlock([["x", "y".repeat(100)]])),
      );
      return [http2Frame(headers, endStream, 1, block), ...more];
    }
    case 7: {
      // Streams that are reset as they open (CVE-2023-44487).
      return Array.from({ length: dice.length(60) }, (_, i) => [
        ...requestFrames(anyInput(dice), 2 * i + 1),
        http2Frame(rstStream, 0, 2 * i + 1, Buffer.from([0, 0, 0, 8])),
      ]).flat();
    }
    case 8:
      return [
        http2Frame(dice.pick([priority, pushPromise, rstStream]), dice.below(256), stream, dice.bytes(dice.length(10))),
      ];
    case 9:
      return [http2Frame(dice.below(256), dice.below(256), stream, dice.bytes(dice.length(100)))];
    case 10:
      return [
        http2Frame(
          dice.below(10),
          dice.below(256),
          stream,
          dice.bytes(20),
          dice.pick([0, 19, 21, 16_384, 16_385, 0xffffff]),
        ),
      ];
    default:
      return requestFrames({ ...anyInput(dice), headers: oddHeaderList(dice) }, dice.pick([1, 3, 5, 7]));
  }
}

function setting(dice: Dice): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUInt16BE(dice.below(10));
  bytes.writeUInt32BE(dice.pick([0, 1, 0x7fffffff, 0xffffffff, 16_384, dice.below(2 ** 31)]), 2);
  return bytes;
}

function oddHeaderList(dice: Dice): Header[] {
  const names = [
    ":path",
    ":status",
    ":method",
    "Upper",
    "connection",
    "te",
    "transfer-encoding",
    "content-length",
    "x\u0000",
    "",
    "host",
    "content-type",
    "grpc-timeout",
    "cookie",
  ];
  return Array.from({ length: dice.length(10) }, () => [dice.pick(names), hostileText(dice, 2000)] as const);
}
