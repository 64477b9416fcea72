import { EventEmitter } from "node:events";
import type { OutgoingHttpHeader, OutgoingHttpHeaders } from "node:http";
import { assertHeader } from "./assert-header.ts";

/** The status and headers of an answer before its head is sent, over either version of HTTP. */
export abstract class ResponseHead extends EventEmitter {
  statusCode = 200;
  /** By name in lower case. */
  protected readonly headers = new Map<string, OutgoingHttpHeader>();

  abstract get headersSent(): boolean;

  getHeader(name: string): OutgoingHttpHeader | undefined {
    return this.headers.get(name.toLowerCase());
  }

  getHeaders(): OutgoingHttpHeaders {
    return Object.fromEntries(this.headers);
  }

  hasHeader(name: string): boolean {
    return this.headers.has(name.toLowerCase());
  }

  setHeader(name: string, value: OutgoingHttpHeader): this {
    if (this.headersSent) throw new Error(`the header ${name} comes too late: the head is out`);
    assertHeader(name, value);
    this.headers.set(name.toLowerCase(), value);
    return this;
  }

  removeHeader(name: string): void {
    this.headers.delete(name.toLowerCase());
  }

  writeHead(status: number, headers: OutgoingHttpHeaders = {}): this {
    this.statusCode = status;
    for (const name in headers) if (headers[name] !== undefined) this.setHeader(name, headers[name]);
    return this;
  }
}
