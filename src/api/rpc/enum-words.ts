import type { DescEnum, DescMessage } from "@bufbuild/protobuf";
import { invalidField, RegistryError } from "../../registry/registry-error.ts";

/**
 * The error for a word that is no value of an enum, in a JSON message: it names the values that there are.
 *
 * @param complaint what the decoder says of the message
 * @returns undefined where the decoder complains of something else
 */
export function unknownEnumWord(complaint: string, input: DescMessage): RegistryError | undefined {
  const [, typeName, found] = /^cannot decode enum (\S+) from JSON: (.*)$/s.exec(complaint) ?? [];
  if (typeName === undefined || found === undefined) return undefined;
  const places = placesOf(typeName, input);
  const [first] = places;
  if (first === undefined) return undefined;
  const values = first.type.values.filter(({ number }) => number !== 0).map(({ name }) => name);
  const description = `expected one of ${values.join(", ")}; found ${found.slice(0, 80)}`;
  // The decoder does not say which field it is.
  return places.length === 1
    ? invalidField(first.path, description)
    : new RegistryError("INVALID_REQUEST", `${typeName}: ${description}`);
}

interface Place {
  readonly path: string;
  readonly type: DescEnum;
}

/** The fields of a message, and of those within it, that have values of an enum. */
function placesOf(typeName: string, message: DescMessage, path = "", within: readonly DescMessage[] = []): Place[] {
  if (within.includes(message)) return [];
  return message.fields.flatMap((field) => {
    const at = path + field.name;
    if (field.enum?.typeName === typeName) return [{ path: at, type: field.enum }];
    return field.message === undefined ? [] : placesOf(typeName, field.message, `${at}.`, [...within, message]);
  });
}
