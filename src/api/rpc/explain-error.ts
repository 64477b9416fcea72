import type { DescEnum, DescMessage } from "@bufbuild/protobuf";
import { Code, type ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "../../../gen/google/rpc/error_details_pb.ts";
import { type ErrorReason, invalidField, RegistryError } from "../../registry/registry-error.ts";
import { type SizeLimit, tooLarge } from "../body-limits.ts";

/** What is known of a call whose error Connect has made. */
export interface ErrorContext {
  readonly httpMethod: string;
  readonly limits: SizeLimit;
  /** What the message was to be. */
  readonly input: DescMessage;
}

const reasons: Readonly<Partial<Record<Code, ErrorReason>>> = {
  [Code.InvalidArgument]: "INVALID_REQUEST",
  [Code.DeadlineExceeded]: "DEADLINE_EXCEEDED",
};

/**
 * Connect itself answers what never reaches a method: messages that cannot be parsed or are too large, and malformed
 * deadlines. Such errors get a reason here, as every error of this service has one, and the code of that reason:
 * Connect would report a message that is not protobuf as a fault of the server.
 *
 * @returns undefined where there is no reason to add
 */
export function explainError(error: ConnectError, context: ErrorContext): RegistryError | undefined {
  if (error.findDetails(ErrorInfoSchema).length > 0) return undefined;
  const { code, rawMessage } = error;
  if (code === Code.ResourceExhausted) return tooLarge(context.limits);
  if (code === Code.Internal) {
    const unreadable = /^parse binary: (.*)/s.exec(rawMessage);
    if (unreadable !== null) {
      return new RegistryError("INVALID_REQUEST", `The request is not a message of the contract: ${unreadable[1]}`);
    }
    if (rawMessage === "decompression failed") {
      return new RegistryError("INVALID_REQUEST", "The request is not compressed as its headers say");
    }
    // Nothing else can fail of itself before the method of a GET request.
    if (context.httpMethod === "GET") {
      return new RegistryError("INVALID_REQUEST", "message: is not valid base64");
    }
  }
  if (code === Code.InvalidArgument) {
    const unknown = unknownEnumWord(rawMessage, context.input);
    if (unknown !== undefined) return unknown;
  }
  const reason = reasons[code];
  return reason === undefined ? undefined : new RegistryError(reason, rawMessage);
}

/**
 * The error for a word that is not a value of an enum, in a JSON message: it names the values that there are.
 *
 * @param complaint what the decoder says of the message
 * @returns undefined where the decoder complains of something else
 */
function unknownEnumWord(complaint: string, input: DescMessage): RegistryError | undefined {
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
