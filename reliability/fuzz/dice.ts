import { random } from "../../measure/random.ts";

/** Choices that depend on the seed and the number of the input alone, so that each input can be made again. */
export interface Dice {
  /** Names the input in the log of the service, as `x-request-id`. */
  readonly id: string;
  /** A whole number from 0 to below `end`. */
  below(end: number): number;
  /** Whether something with this probability happens. */
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  bytes(length: number): Buffer;
  /** A length, mostly small, and at times up to the limit. */
  length(max: number): number;
}

/** The dice of one input. */
export function createDice(seed: number, index: number): Dice {
  const next = random(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  const below = (end: number): number => Math.floor(next() * end);
  return {
    id: `fuzz-${index}`,
    below,
    chance: (probability) => next() < probability,
    pick: (list) => list[below(list.length)]!,
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
    length: (max) => Math.floor(max ** next()),
  };
}
