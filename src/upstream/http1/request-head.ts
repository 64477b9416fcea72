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
  const { method, path, headers, constantHeaders = none, body, closes = false } = request;
  if (badInPath.test(path)) throw connectionError("ERR_INVALID_CHAR", "the path contains an invalid character");
  const begin = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: ${closes ? "close" : "keep-alive"}\r\n`;
  const head = begin + constantLines(constantHeaders) + linesOf(headers);
  return body === null ? `${head}\r\n` : `${head}content-length: ${body.byteLength}\r\n\r\n`;
}

const none: readonly string[] = [];

const constants = new WeakMap<readonly string[], string>();

function constantLines(headers: readonly string[]): string {
  let lines = constants.get(headers);
  if (lines === undefined) {
    lines = linesOf(headers);
    constants.set(headers, lines);
  }
  return lines;
}

function linesOf(headers: readonly string[]): string {
  let lines = "";
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!;
    const value = headers[i + 1]!;
    if (name === "" || badInName.test(name) || badInValue.test(value)) {
      throw connectionError("ERR_INVALID_CHAR", `the header ${JSON.stringify(name)} contains an invalid character`);
    }
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}
