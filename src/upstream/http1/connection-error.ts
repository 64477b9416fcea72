/** What can be wrong with an HTTP/1.1 connection, besides what the system says. */
export type ConnectionErrorCode =
  /** What came back is not HTTP/1.1, or breaks its rules. */
  | "ERR_NOT_HTTP1"
  /** What was to be sent cannot stand in the head of a request. */
  | "ERR_INVALID_CHAR"
  | "ETIMEDOUT"
  | "ECONNRESET";

export function connectionError(code: ConnectionErrorCode, message: string): Error {
  return Object.assign(new Error(message), { code });
}

/** The error of an answer that is not HTTP/1.1. */
export function notHttp1(message: string): Error {
  return connectionError("ERR_NOT_HTTP1", message);
}
