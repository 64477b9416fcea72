/** What can be wrong with an HTTP/2 connection, besides what the system says. */
export type ConnectionErrorCode =
  /** What came back is not HTTP/2. */
  | "ERR_NOT_HTTP2"
  /** Nothing came back. */
  | "ERR_HTTP2_NOT_BEGUN"
  /** The server broke the rules of HTTP/2. */
  | "ERR_HTTP2_BROKEN"
  /** TLS was set up, but not for HTTP/2. */
  | "ERR_TLS_WITHOUT_HTTP2"
  | "ETIMEDOUT"
  | "ECONNRESET";

export function connectionError(code: ConnectionErrorCode, message: string, cause?: unknown): Error {
  return Object.assign(new Error(message, cause === undefined ? undefined : { cause }), { code });
}
