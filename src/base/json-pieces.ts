import { jsonStringPieces, pieceChars } from "./text-pieces.ts";

/** What a value that is not a text counts for. */
const plainChars = 8;

/** Whether the JSON of a value has more characters than `limit`, roughly: nothing is counted beyond that. */
export function isLongerThan(limit: number, value: unknown): boolean {
  return charsLeft(limit, value) < 0;
}

function charsLeft(limit: number, value: unknown): number {
  if (typeof value === "string") return limit - value.length;
  if (value instanceof Uint8Array) return limit - value.byteLength;
  let left = limit - plainChars;
  if (typeof value !== "object" || value === null) return left;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && left >= 0; i++) left = charsLeft(left, value[i]);
    return left;
  }
  for (const key in value) {
    if (left < 0) return left;
    left = charsLeft(left - key.length, value[key as keyof typeof value]);
  }
  return left;
}

/** The JSON of a value that consists of what JSON has, in pieces, many of which are small. Members that are undefined are left out. */
export function* jsonPieces(value: unknown): Generator<string> {
  if (typeof value === "string") yield* jsonStringPieces(value);
  else if (!isLongerThan(pieceChars, value)) yield JSON.stringify(value);
  else if (Array.isArray(value)) {
    yield "[";
    for (let i = 0; i < value.length; i++) {
      if (i > 0) yield ",";
      yield* jsonPieces(value[i]);
    }
    yield "]";
  } else {
    yield "{";
    yield* memberPieces(value as object, "");
    yield "}";
  }
}

/**
 * The members of a JSON object, in pieces.
 *
 * @param before stands before the first of them
 */
export function* memberPieces(object: object, before: "" | ","): Generator<string> {
  let between: string = before;
  for (const [key, value] of Object.entries(object)) {
    if (value === undefined) continue;
    yield `${between}${JSON.stringify(key)}:`;
    yield* jsonPieces(value);
    between = ",";
  }
}
