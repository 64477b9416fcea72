import type { Dice } from "./dice.ts";

const edges = [0x00, 0x01, 0x0a, 0x0d, 0x20, 0x22, 0x2f, 0x5c, 0x7b, 0x7d, 0x7f, 0x80, 0xc0, 0xfe, 0xff];

type Mutation = (bytes: Buffer, dice: Dice, others: readonly Buffer[]) => Buffer;

const mutations: readonly Mutation[] = [
  function flipBit(bytes, dice) {
    const copy = Buffer.from(bytes);
    const at = dice.below(copy.length);
    copy[at] = copy[at]! ^ (1 << dice.below(8));
    return copy;
  },
  function setByte(bytes, dice) {
    const copy = Buffer.from(bytes);
    copy[dice.below(copy.length)] = dice.pick(edges);
    return copy;
  },
  function insert(bytes, dice) {
    const at = dice.below(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), dice.bytes(1 + dice.length(64)), bytes.subarray(at)]);
  },
  function remove(bytes, dice) {
    const at = dice.below(bytes.length);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + dice.length(bytes.length - at))]);
  },
  function truncate(bytes, dice) {
    return bytes.subarray(0, dice.below(bytes.length));
  },
  function repeat(bytes, dice) {
    const at = dice.below(bytes.length);
    const part = bytes.subarray(at, at + 1 + dice.length(bytes.length - at));
    const times = Math.min(2 + dice.length(200), Math.ceil(32_768 / part.length));
    return Buffer.concat([bytes.subarray(0, at), ...Array<Buffer>(times).fill(part), bytes.subarray(at + part.length)]);
  },
  function splice(bytes, dice, others) {
    const other = dice.pick(others);
    return Buffer.concat([bytes.subarray(0, dice.below(bytes.length)), other.subarray(dice.below(other.length + 1))]);
  },
];

/** Changes some bytes: one change mostly, at times several. `others` are what parts may be taken from. */
export function mutate(bytes: Buffer, dice: Dice, others: readonly Buffer[]): Buffer {
  let mutated = bytes;
  for (let times = 1 + dice.length(6); times > 0 && mutated.length > 0; times--) {
    mutated = dice.pick(mutations)(mutated, dice, others);
  }
  return mutated;
}
