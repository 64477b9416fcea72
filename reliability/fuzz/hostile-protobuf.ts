import type { Dice } from "./dice.ts";
import { hostileText } from "./hostile-text.ts";

/** Bytes that are protobuf, nearly protobuf, or nothing of the kind. */
export function hostileProtobuf(dice: Dice): Buffer {
  if (dice.chance(0.1)) return dice.bytes(dice.length(500));
  if (dice.chance(0.1)) return nested(dice);
  return fields(dice, 3);
}

function fields(dice: Dice, depth: number): Buffer {
  return Buffer.concat(Array.from({ length: dice.length(8) }, () => field(dice, depth)));
}

function field(dice: Dice, depth: number): Buffer {
  const number = dice.chance(0.9) ? 1 + dice.below(8) : dice.pick([0, 15, 16, 2047, 536_870_911]);
  const wireType = dice.chance(0.95) ? dice.pick([0, 1, 2, 2, 2, 2, 5]) : dice.below(8);
  const tag = varint(number * 8 + wireType);
  switch (wireType) {
    case 0:
      return Buffer.concat([
        tag,
        dice.pick([varint(0), varint(1), varint(2 ** 31), Buffer.alloc(9, 0xff), Buffer.alloc(11, 0x80)]),
      ]);
    case 1:
      return Buffer.concat([tag, dice.pick([Buffer.alloc(8), Buffer.alloc(8, 0xff), dice.bytes(8), dice.bytes(7)])]);
    case 2: {
      const content = contentOf(dice, depth);
      const length = dice.chance(0.93) ? content.length : dice.pick([content.length + 1, 2 ** 31, 2 ** 32, 0]);
      return Buffer.concat([tag, varint(length), content]);
    }
    case 5:
      return Buffer.concat([tag, dice.bytes(4)]);
    default:
      return tag;
  }
}

function contentOf(dice: Dice, depth: number): Buffer {
  switch (dice.below(depth > 0 ? 6 : 4)) {
    case 0:
      return Buffer.from(hostileText(dice, 300));
    case 1:
      return Buffer.from("anomaly-detector");
    case 2:
      return dice.bytes(dice.length(100));
    case 3: {
      const values = Buffer.alloc(8 * dice.length(16));
      for (let at = 0; at < values.length; at += 8)
        values.writeDoubleLE(dice.pick([0, -0, 1.5, Number.NaN, Infinity, 1e308]), at);
      return values;
    }
    default:
      return fields(dice, depth - 1);
  }
}

/** Values in lists in values, as deep as a stack is not; or groups that never end. */
function nested(dice: Dice): Buffer {
  const depth = 1 + dice.length(3000);
  if (dice.chance(0.2)) return Buffer.alloc(depth * 10, dice.pick([0x0b, 0x13, 0x1b]));
  let inner: Buffer = Buffer.alloc(0);
  for (let i = 0; i < depth; i++) {
    // Field 1 of ListValue, and field 6 of Value that holds a list.
    inner = Buffer.concat([Buffer.from([i % 2 === 0 ? 0x0a : 0x32]), varint(inner.length), inner]);
  }
  return Buffer.concat([
    Buffer.from([0x0a, 16]),
    Buffer.from("anomaly-detector"),
    Buffer.from([0x12]),
    varint(inner.length),
    inner,
  ]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
