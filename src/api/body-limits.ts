import { RegistryError } from "../registry/registry-error.ts";

/** How large a body may be, and how long it may take. */
export interface BodyLimits {
  readonly maxRequestBytes: number;
  /** The same of a body that writes to the registry of versions. */
  readonly maxRecordBytes: number;
  /** From the head of the request to the end of its body, in milliseconds. */
  readonly bodyTimeoutMs: number;
  /** How many values it may have, where it is parsed into objects. */
  readonly maxMessageValues: number;
}

/** A size limit, and the variable that sets it; undefined where none does. */
export interface SizeLimit {
  readonly maxBytes: number;
  readonly variable: "MAX_REQUEST_SIZE" | "MAX_RECORD_SIZE" | "MAX_QUERY_SIZE" | undefined;
}

/** The limit of requests that bring data. */
export function requestLimit({ maxRequestBytes }: Pick<BodyLimits, "maxRequestBytes">): SizeLimit {
  return { maxBytes: maxRequestBytes, variable: "MAX_REQUEST_SIZE" };
}

/** The limit of requests that write to the registry of versions. */
export function recordLimit(limits: Pick<BodyLimits, "maxRequestBytes" | "maxRecordBytes">): SizeLimit {
  const { maxRecordBytes } = limits;
  return maxRecordBytes < limits.maxRequestBytes
    ? { maxBytes: maxRecordBytes, variable: "MAX_RECORD_SIZE" }
    : requestLimit(limits);
}

/** What to do about a message above a limit, after the limit. */
const help: Partial<Record<NonNullable<SizeLimit["variable"]>, string>> = {
  MAX_REQUEST_SIZE: "; send fewer instances at a time",
  MAX_RECORD_SIZE: "; keep what is large in files, and register their URIs",
};

/** The error for a message above the limit. */
export function tooLarge({ maxBytes, variable }: SizeLimit): RegistryError {
  const origin = variable === undefined ? ", the maximum" : ` (${variable})${help[variable] ?? ""}`;
  return new RegistryError("REQUEST_TOO_LARGE", `The request body is larger than ${maxBytes} bytes${origin}`);
}

/** The error for a message that would be decoded into too many values. */
export function tooManyValues(maxValues: number): RegistryError {
  return new RegistryError(
    "REQUEST_TOO_LARGE",
    `The request has more than ${maxValues} values (MAX_MESSAGE_VALUES); send less at a time`,
  );
}

/** The error for a body that is incomplete when its call's deadline passes, in the words of Connect. */
export function uploadTooLate(): RegistryError {
  return new RegistryError("DEADLINE_EXCEEDED", "the operation timed out");
}

/** The error for a body that takes too long. */
export function tooSlow(timeoutMs: number): RegistryError {
  return new RegistryError(
    "REQUEST_TOO_SLOW",
    `The request body was not complete after ${timeoutMs} ms (BODY_TIMEOUT); send it faster, or in smaller parts`,
  );
}

/** The error for a body that ends early because its caller has left. */
export function callerLeft(cause: unknown): RegistryError {
  return new RegistryError("CALLER_LEFT", "The caller left before its request was complete", { cause });
}
