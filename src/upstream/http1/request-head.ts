import type { ExchangeRequest } from "../http/exchange.ts";
import { connectionError } from "./connection-error.ts";

const badInPath = /[^!-~\x80-\xff]/;
const badInName = /[^!#$%&'*+.^_`|~\w-]/;
const badInValue = /[^\t -~\x80-\xff]/;

/**
 * The head of a request, to be sent as latin1.
 *
 * @param host of the address, with its port where that is not the usual one
 * @throws Error ERR_INVALID_CHAR where a part of it would end its line
 */
export function requestHead(host: string, request: ExchangeRequest): string {
  const { method, path, headers, body, closes = false } = request;
  if (badInPath.test(path)) throw connectionError("ERR_INVALID_CHAR", "the path holds a character that it may not");
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: ${closes ? "close" : "keep-alive"}\r\n`;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!;
    const value = headers[i + 1]!;
    if (name === "" || badInName.test(name) || badInValue.test(value)) {
      throw connectionError("ERR_INVALID_CHAR", `the header ${JSON.stringify(name)} holds a character that it may not`);
    }
    head += `${name}: ${value}\r\n`;
  }
  return body === null ? `${head}\r\n` : `${head}content-length: ${body.byteLength}\r\n\r\n`;
}
