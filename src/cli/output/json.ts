import {
  create,
  type DescMessage,
  type JsonValue,
  type MessageInitShape,
  type MessageShape,
  toJson,
} from "@bufbuild/protobuf";
import type { OutputForm } from "../client/client-options.ts";

/**
 * A message of the contract as JSON, with the names of the protobuf JSON mapping. Lists, texts and enums are there even
 * when they are empty, so that a script need not ask first.
 */
export function messageJson<Desc extends DescMessage>(desc: Desc, message: MessageShape<Desc>): JsonValue {
  return toJson(desc, message, { alwaysEmitImplicit: true });
}

/** A result as it is asked for: a message of the contract as JSON, or a text for people. */
export function resultText<Desc extends DescMessage>(
  form: OutputForm,
  desc: Desc,
  message: MessageInitShape<Desc>,
  text: () => string,
): string {
  return form === "json" ? jsonText(messageJson(desc, create(desc, message)), "indented") : text();
}

/** JSON for `-o json`, ending with a line break: indented, or on one line. */
export function jsonText(value: JsonValue, layout: "indented" | "line"): string {
  return `${JSON.stringify(value, null, layout === "indented" ? 2 : 0)}\n`;
}
