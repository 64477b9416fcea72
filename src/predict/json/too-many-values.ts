import { RegistryError } from "../../registry/registry-error.ts";
import { ofFiveTimes } from "../limits/value-limits.ts";
import type { TooManyValues } from "./json-scanner.ts";

/** The error for a request whose many values would hold up all other calls. */
export function requestOfTooManyValues({ maxValues }: TooManyValues): RegistryError {
  return new RegistryError(
    "REQUEST_TOO_LARGE",
    `The request has more than ${maxValues} values besides rows of numbers (${ofFiveTimes}); send fewer instances at a time`,
  );
}

/** The problem of an answer whose many values would. */
export function answerOfTooManyValues({ message }: TooManyValues): string {
  return `${message} besides rows of numbers (${ofFiveTimes})`;
}

/** What to do about such an answer. */
export const fewerValuesHint = "Send fewer instances at a time, or make the model return lists of numbers.";
