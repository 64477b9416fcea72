import { type OutgoingHttpHeader, STATUS_CODES } from "node:http";

const badName = /[^!#$%&'*+.^_`|~\w-]/;
const badValue = /[^\t -~\x80-\xff]/;

/** Whether an answer of this status has a body (RFC 9110, 6.4.1). */
export function statusHasBody(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}

/** The line that an answer begins with. */
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

/** @throws TypeError of what would end its line */
export function assertHeader(name: string, value: OutgoingHttpHeader): void {
  if (name === "" || badName.test(name)) throw invalid("ERR_INVALID_HTTP_TOKEN", name);
  if (typeof value === "number") return;
  for (const one of typeof value === "string" ? [value] : value) {
    if (badValue.test(one)) throw invalid("ERR_INVALID_CHAR", name);
  }
}

function invalid(code: string, name: string): TypeError {
  const message = `the header ${JSON.stringify(name)} holds a character that it may not`;
  return Object.assign(new TypeError(message), { code });
}

let dateSecond = 0;
let dateText = "";

/** The header that says when an answer was made, to the second. */
export function dateLine(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = `Date: ${new Date(second * 1000).toUTCString()}\r\n`;
  }
  return dateText;
}
