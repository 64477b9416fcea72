import type { MessageInitShape } from "@bufbuild/protobuf";
import type { PropertyValue, PropertyValueSchema } from "../../../gen/kserve/versions/v1/property_pb.ts";

/** Whether a property can be changed as a line of text. Objects and messages are kept as they are. */
export function isTypable({ value }: PropertyValue): boolean {
  return value.case !== "structValue" && value.case !== "protoValue";
}

/**
 * The property that a text stands for. One that was there keeps its type where the text still is of it; a new one, and one
 * that has become something else, is text. So `007` stays what it is.
 */
export function typedProperty(
  text: string,
  before: PropertyValue | undefined,
): MessageInitShape<typeof PropertyValueSchema> {
  const trimmed = text.trim();
  switch (before?.value.case) {
    case "boolValue":
      if (trimmed === "true" || trimmed === "false") return { value: { case: "boolValue", value: trimmed === "true" } };
      break;
    case "intValue":
      if (/^[+-]?\d{1,10}$/.test(trimmed)) return { value: { case: "intValue", value: BigInt(trimmed) } };
      break;
    case "doubleValue":
      if (trimmed !== "" && Number.isFinite(Number(trimmed))) {
        return { value: { case: "doubleValue", value: Number(trimmed) } };
      }
      break;
  }
  return { value: { case: "stringValue", value: text } };
}
