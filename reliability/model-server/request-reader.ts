/** One request as it came. */
export interface ModelRequest {
  readonly method: string;
  readonly path: string;
  /** The `x-request-id`, by which executions are counted. */
  readonly requestId: string;
  readonly body: Buffer;
}

/** Takes the bytes of a connection apart into requests: HTTP/1.1 with a content length, which is all the service sends. */
export function createRequestReader(onRequest: (request: ModelRequest) => void): (chunk: Buffer) => void {
  let pending: Buffer = Buffer.alloc(0);
  return (chunk) => {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    for (;;) {
      const headEnd = pending.indexOf("\r\n\r\n");
      if (headEnd < 0) return;
      const head = pending.toString("latin1", 0, headEnd);
      const end = headEnd + 4 + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
      if (pending.length < end) return;
      const [method = "", path = ""] = head.split(" ", 2);
      const body = pending.subarray(headEnd + 4, end);
      pending = pending.subarray(end);
      onRequest({ method, path, requestId: /^x-request-id: *(\S+)/im.exec(head)?.[1] ?? "", body });
    }
  };
}
