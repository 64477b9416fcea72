import { ProtoReader } from "./proto-reader.ts";
import { ProtoWriter } from "./proto-writer.ts";

/** `model_name` of ModelInferRequest and ModelInferResponse. */
const nameField = 1;

/**
 * A request or an answer with another name of the model, in pieces: what lies around the name is not copied, and not looked
 * at further than where its fields end.
 *
 * @throws MalformedMessage
 */
export function renameModel(message: Uint8Array, name: string): readonly Uint8Array[] {
  const writer = new ProtoWriter(name.length + 8);
  writer.text(nameField, name);
  const pieces: Uint8Array[] = [writer.finish()];
  const reader = new ProtoReader(message);
  // Nearly everybody writes the name first, so that the rest is one piece.
  let from = 0;
  const add = (to: number): void => {
    if (to > from) pieces.push(message.subarray(from, to));
  };
  for (let start = 0; reader.next(); start = reader.at) {
    reader.skip();
    if (reader.field !== nameField) continue;
    add(start);
    from = reader.at;
  }
  add(message.byteLength);
  return pieces;
}
