import { ProtoReader } from "./proto-reader.ts";
import { ProtoWriter } from "./proto-writer.ts";

/** `model_name` of ModelInferRequest and ModelInferResponse. */
const nameField = 1;

/**
 * A request or an answer with another name of the model, in pieces: what lies around the name is not copied, and not looked
 * at further than where its fields end. One that has the name, and no other, stays as it is.
 *
 * @throws MalformedMessage
 */
export function renameModel(message: Uint8Array, name: string): readonly Uint8Array[] {
  const reader = new ProtoReader(message);
  // Nearly everybody writes the name first, so that the rest is one piece.
  const rest: Uint8Array[] = [];
  let from = 0;
  let names = 0;
  let hasOthers = false;
  for (let start = 0; reader.next(); start = reader.at) {
    if (reader.field !== nameField) {
      reader.skip();
      continue;
    }
    names++;
    if (reader.text() !== name) hasOthers = true;
    if (start > from) rest.push(message.subarray(from, start));
    from = reader.at;
  }
  if (names === 1 && !hasOthers) return [message];
  if (message.byteLength > from) rest.push(message.subarray(from));
  const writer = new ProtoWriter(name.length + 8);
  writer.text(nameField, name);
  return [writer.finish(), ...rest];
}
