import type { DescMessage, JsonValue } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { repeatedJsonKeys } from "../../base/repeated-json-keys.ts";

/**
 * Parses the JSON of a message, which Connect then decodes. Connect would parse it as well, but looks for repeated members one
 * character at a time: for a text of a megabyte that takes longer than all the rest.
 *
 * @param body in UTF-8
 * @throws ConnectError InvalidArgument, in the words of Connect, for what is not JSON or has a member twice
 */
export function parseJsonMessage(body: Buffer, { typeName }: DescMessage): JsonValue {
  const text = body.toString();
  let value: JsonValue;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw undecodable(typeName, (error as Error).message);
  }
  const [repeated] = repeatedJsonKeys(text);
  if (repeated !== undefined) throw undecodable(typeName, `duplicate object key "${repeated.at(-1)}"`);
  return value;
}

function undecodable(typeName: string, problem: string): ConnectError {
  return new ConnectError(`cannot decode message ${typeName} from JSON: ${problem}`, Code.InvalidArgument);
}
