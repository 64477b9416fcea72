import type { Dice } from "./dice.ts";
import { hostileText } from "./hostile-text.ts";

const numbers = [
  "0", "-0", "1", "1.5", "-1e-400", "1e308", "1e309", "-1e999", "9007199254740993", "123456789012345678901234567890",
  "01", "+1", ".5", "1.", "1e", "0x10", "1_000", "NaN", "Infinity", "-Infinity", "--1",
]; // biome-ignore format: one number after the other

const keys = [
  "instances", "name", "predictions", "tensor", "shape", "values", "body", "parameters", "validateOnly", "validate_only",
  "signature_name", "samples", "pageSize", "pageToken", "resumeToken", "type", "__proto__", "constructor", "",
]; // biome-ignore format: one key after the other

/** Text that is JSON, nearly JSON, or nothing of the kind. */
export function hostileJson(dice: Dice): string {
  if (dice.chance(0.1)) return nested(dice);
  const text = value(dice, 4);
  return dice.chance(0.1)
    ? dice.pick([`\ufeff${text}`, `${text},`, `${text}${text}`, ` ${text}\n\t`, `/**/${text}`])
    : text;
}

function nested(dice: Dice): string {
  const depth = 1 + dice.length(20_000);
  const [open, close] = dice.pick([
    ["[", "]"],
    ['{"a":', "}"],
    ['{"instances":[', "]}"],
  ] as const);
  const inner = dice.chance(0.5) ? "1" : "";
  return open.repeat(depth) + inner + (dice.chance(0.7) ? close.repeat(depth) : "");
}

function value(dice: Dice, depth: number): string {
  switch (dice.below(depth > 0 ? 8 : 5)) {
    case 0:
      return dice.pick(numbers);
    case 1:
      return dice.pick(["null", "true", "false", "nul", "undefined", "True"]);
    case 2:
      return text(dice);
    case 3:
      return String(dice.below(100));
    case 4:
      return dice.chance(0.5) ? "[]" : "{}";
    case 5:
    case 6:
      return `[${list(dice, () => value(dice, depth - 1))}]`;
    default:
      return `{${list(dice, () => `${dice.chance(0.7) ? JSON.stringify(dice.pick(keys)) : text(dice)}:${value(dice, depth - 1)}`)}}`;
  }
}

function list(dice: Dice, item: () => string): string {
  return Array.from({ length: dice.length(12) - (dice.chance(0.2) ? 1 : 0) }, item).join(
    dice.chance(0.97) ? "," : ",,",
  );
}

function text(dice: Dice): string {
  const written = JSON.stringify(hostileText(dice, 200));
  return dice.chance(0.85)
    ? written
    : dice.pick([`'${written}'`, written.slice(0, -1), '"\\x"', '"\\ud800"', '"\\u12"', '"\u0001"']);
}

/** A KServe v1 body whose frame is right, with a hostile part. */
export function hostileBody(dice: Dice): string {
  const inner = dice.chance(0.5) ? value(dice, 3) : `[[${dice.pick(numbers)},${value(dice, 1)}]]`;
  const more = dice.chance(0.3) ? `,${text(dice)}:${value(dice, 2)}` : "";
  return `{"instances":${inner}${more}}`;
}
