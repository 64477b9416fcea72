import { type OutgoingHttpHeader, STATUS_CODES } from "node:http";

/** Whether an answer of this status has a body (RFC 9110, 6.4.1). */
export function statusHasBody(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}

/** The status line of an answer. */
export function statusLine(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "unknown"}\r\n`;
}

/** A header, one line for each of its values. */
export function headerLines(name: string, value: OutgoingHttpHeader): string {
  if (!Array.isArray(value)) return `${name}: ${value}\r\n`;
  let lines = "";
  for (const one of value) lines += `${name}: ${one}\r\n`;
  return lines;
}

let dateSecond = 0;
let dateText = "";

/** The `date` header, to the second. */
export function dateLine(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = `Date: ${new Date(second * 1000).toUTCString()}\r\n`;
  }
  return dateText;
}
