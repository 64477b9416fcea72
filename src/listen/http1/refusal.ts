import type { BadRequest } from "./bad-request.ts";
import { dateLine, statusLine } from "./head-lines.ts";

/** The complete answer to a malformed request. */
export function refusal({ status, message }: BadRequest): string {
  const body = JSON.stringify({ error: message });
  return (
    `${statusLine(status)}content-type: application/json\r\nx-error-reason: INVALID_REQUEST\r\n` +
    `${dateLine()}Connection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  );
}
