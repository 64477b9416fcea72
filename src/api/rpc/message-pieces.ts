import { type DescField, type DescMessage, type Message, toBinary, toJson } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { jsonPieces, memberPieces } from "../../base/json-pieces.ts";
import { joinedPieces, pieceChars } from "../../base/text-pieces.ts";
import { encoded } from "../written-text.ts";

/** A message whose fields are looked up by the names of its description. */
type AnyMessage = Message & Record<string, unknown>;

/** A field of messages, of which there may be thousands. */
type ListField = DescField & { readonly fieldKind: "list"; readonly listKind: "message" };

/** The bytes of a message as Connect makes them, in pieces: of its lists a few messages at a time, and of JSON no long text at once. */
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

function* binaryOf(desc: DescMessage, message: AnyMessage): Generator<Uint8Array> {
  const { lists, rest } = apart(desc, message);
  for (const { number, localName, message: of } of lists) {
    for (const item of message[localName] as readonly Message[]) {
      const bytes = toBinary(of, item);
      yield new BinaryWriter().tag(number, WireType.LengthDelimited).uint32(bytes.byteLength).finish();
      yield bytes;
    }
  }
  yield toBinary(desc, rest);
}

/** The lists of messages that a message has, and the same message without them. */
function apart(desc: DescMessage, message: AnyMessage): { lists: readonly ListField[]; rest: Message } {
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
    waiting.push(piece);
    waitingBytes += piece.byteLength;
    if (waitingBytes < pieceChars) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    waitingBytes = 0;
  }
  yield Buffer.concat(waiting);
}
