import { create, type DescField, type DescMessage, type Message, toBinary, toJson } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { isLongerThan, jsonPieces, memberPieces } from "../../base/json-pieces.ts";
import { joinedPieces, pieceChars } from "../../base/text-pieces.ts";
import { encoded, joined } from "../written-text.ts";

/** A message whose fields are looked up by the names of its description. */
type AnyMessage = Message & Record<string, unknown>;

/** A field of messages, of which there may be thousands. */
type ListField = DescField & { readonly fieldKind: "list"; readonly listKind: "message" };

/**
 * The bytes of a message, as Connect would make them in one go, in pieces: of its lists and maps a few entries at a time, and
 * of JSON no long text at once.
 */
export function messagePieces(desc: DescMessage, message: Message, json: boolean): Iterable<Uint8Array> {
  return json
    ? encoded(joinedPieces(jsonOf(desc, message as AnyMessage)))
    : joinedBytes(binaryOf(desc, message as AnyMessage));
}

function* jsonOf(desc: DescMessage, message: AnyMessage): Generator<string> {
  const { lists, rest } = apart(desc, message);
  let before: "" | "," = "";
  yield "{";
  for (const { jsonName, localName, message: of } of lists) {
    yield `${before}"${jsonName}":[`;
    before = "";
    for (const item of message[localName] as readonly Message[]) {
      if (before !== "") yield before;
      yield* jsonPieces(toJson(of, item));
      before = ",";
    }
    yield "]";
    before = ",";
  }
  yield* memberPieces(toJson(desc, rest) as object, before);
  yield "}";
}

/** Says that others may have their turn, where bytes come later. */
const noBytes: Uint8Array = new Uint8Array(0);

/** Fields stand in any order: those that are long come first. */
function* binaryOf(desc: DescMessage, message: AnyMessage): Generator<Uint8Array> {
  const { lists, rest } = apart(desc, message);
  for (const { number, localName, message: of } of lists) {
    for (const item of message[localName] as readonly Message[]) {
      const bytes = toBinary(of, item);
      yield lengthOf(number, bytes.byteLength);
      yield bytes;
    }
  }
  for (const field of desc.fields) {
    if (!isLongerThan(pieceChars, rest[field.localName])) continue;
    if (field.fieldKind === "map") {
      for (const entry of Object.entries(rest[field.localName] as object)) {
        yield toBinary(desc, create(desc, { [field.localName]: Object.fromEntries([entry]) }));
      }
      rest[field.localName] = {};
    } else if (field.fieldKind === "message" && field.oneof === undefined && !field.delimitedEncoding) {
      const pieces: Uint8Array[] = [];
      let bytes = 0;
      for (const piece of binaryOf(field.message, rest[field.localName] as AnyMessage)) {
        pieces.push(piece);
        bytes += piece.byteLength;
        yield noBytes;
      }
      yield lengthOf(field.number, bytes);
      yield* pieces;
      rest[field.localName] = undefined;
    }
  }
  yield toBinary(desc, rest);
}

/** What stands before the bytes of a message in a field. */
function lengthOf(field: number, bytes: number): Uint8Array {
  return new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(bytes).finish();
}

/** The lists of messages that a message has, and a copy of the message without them. */
function apart(desc: DescMessage, message: AnyMessage): { lists: readonly ListField[]; rest: AnyMessage } {
  const lists = desc.fields.filter(
    (field): field is ListField =>
      field.fieldKind === "list" &&
      field.listKind === "message" &&
      !field.delimitedEncoding &&
      (message[field.localName] as readonly unknown[]).length > 0,
  );
  const empty = Object.fromEntries(lists.map(({ localName }) => [localName, []]));
  return { lists, rest: Object.assign(Object.create(Object.getPrototypeOf(message)), message, empty) };
}

/** The same bytes in fewer pieces. */
function* joinedBytes(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let waitingBytes = 0;
  for (const piece of pieces) {
    if (piece === noBytes) {
      yield piece;
      continue;
    }
    waiting.push(piece);
    waitingBytes += piece.byteLength;
    if (waitingBytes < pieceChars) continue;
    yield joined(waiting);
    waiting = [];
    waitingBytes = 0;
  }
  yield joined(waiting);
}
