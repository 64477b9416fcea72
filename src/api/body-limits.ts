import { RegistryError } from "../registry/registry-error.ts";

/** How large a body may be, and how long it may take. */
export interface BodyLimits {
  readonly maxRequestBytes: number;
  /** From the head of the request to the end of its body, in milliseconds. */
  readonly bodyTimeoutMs: number;
}

/** The error for a message above the limit. */
export function tooLarge(maxBytes: number): RegistryError {
  return new RegistryError(
    "REQUEST_TOO_LARGE",
    `The request body is larger than ${maxBytes} bytes (MAX_REQUEST_SIZE); send fewer instances at a time`,
  );
}

/** The error for a body that takes too long. */
export function tooSlow(timeoutMs: number): RegistryError {
  return new RegistryError(
    "REQUEST_TOO_SLOW",
    `The request body was not complete after ${timeoutMs} ms (BODY_TIMEOUT); send it faster, or in smaller parts`,
  );
}
