import { RegistryError } from "../../registry/registry-error.ts";
import { ofFiveTimes } from "../limits/value-limits.ts";

/**
 * How deep messages may lie in a google.protobuf.Value that is sent. Readers of protobuf take about 100 in all, the
 * strictest of them 97; a few are around the value.
 */
export const maxMessageDepth = 92;

/** A list adds a ListValue and a Value; an object a Struct, an entry of its map and a Value. */
export const listLevels = 2;
export const objectLevels = 3;

/** How deep JSON may be nested at most so that its value fits, whatever it consists of. */
export const safeJsonDepth = Math.floor((maxMessageDepth - 1) / objectLevels);

/** The error for an answer that clients could not decode. */
export function tooDeepForMessages(): RegistryError {
  return new RegistryError(
    "MODEL_BAD_ANSWER",
    "The model's answer is nested deeper than clients of protobuf decode; use body, or REST, to get it as it is",
    {
      failure: { stage: "answer", upstreamStatus: 200, hint: "Send the input as body: the answer then comes as body." },
    },
  );
}

/** The error for an answer of so many values that objects are not made of it. */
export function tooManyForMessages(maxValues: number): RegistryError {
  return new RegistryError(
    "MODEL_BAD_ANSWER",
    `The model's answer has more than ${maxValues} values (${ofFiveTimes}); use body, or predict over REST, to get it as it is`,
    {
      failure: { stage: "answer", upstreamStatus: 200, hint: "Send fewer instances at a time, or send them as body." },
    },
  );
}
