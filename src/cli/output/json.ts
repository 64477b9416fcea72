import { type DescMessage, type JsonValue, type MessageShape, toJson } from "@bufbuild/protobuf";

/**
 * A message of the contract as JSON, with the names of the protobuf JSON mapping. Lists, texts and enums are there even
 * when they are empty, so that a script need not ask first.
 */
export function messageJson<Desc extends DescMessage>(desc: Desc, message: MessageShape<Desc>): JsonValue {
  return toJson(desc, message, { alwaysEmitImplicit: true });
}

/** JSON for `-o json`, ending with a line break: indented, or on one line. */
export function jsonText(value: JsonValue, layout: "indented" | "line"): string {
  return `${JSON.stringify(value, null, layout === "indented" ? 2 : 0)}\n`;
}
