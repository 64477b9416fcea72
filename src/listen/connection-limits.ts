/** What one connection may do, and how many there may be. Times are in milliseconds. */
export interface ConnectionLimits {
  /** How long the head of a request may take, and a TLS handshake. Default: 10 s. */
  readonly headersTimeoutMs: number;
  /** The largest head of a request. Default: 16 KiB. */
  readonly maxHeaderBytes: number;
  /** When a connection without a call is closed. Default: 5 min. */
  readonly idleConnectionTimeoutMs: number;
  /** How long a caller may take to read an answer that is complete, or to read anything of a stream. Default: 2 min. */
  readonly answerTimeoutMs: number;
  /** How many bytes of requests and answers may be held, a part of which is for connections. Default: 256 MiB. */
  readonly maxBytesInMemory: number;
  /** Default: 10,000. */
  readonly maxConnections: number;
  /** The age at which a connection is asked to close, plus or minus a tenth; 0 for never. Default: 1 h. */
  readonly maxConnectionAgeMs: number;
  /** How long its calls may then take to finish. Default: 10 min. */
  readonly maxConnectionAgeGraceMs: number;
  /** Calls under way on one HTTP/2 connection. Default: 1,000. */
  readonly maxConcurrentStreams: number;
  /** Calls under way on all connections together. Default: 10,000. */
  readonly maxCalls: number;
  /** Resets a second of one HTTP/2 connection. Default: 200. */
  readonly maxResetRate: number;
  /** PING and SETTINGS frames a second of one HTTP/2 connection. Default: 100. */
  readonly maxControlFrameRate: number;
}

export const defaultConnectionLimits: ConnectionLimits = {
  headersTimeoutMs: 10_000,
  maxHeaderBytes: 16 * 1024,
  idleConnectionTimeoutMs: 300_000,
  answerTimeoutMs: 120_000,
  maxBytesInMemory: 256 * 1024 * 1024,
  maxConnections: 10_000,
  maxConnectionAgeMs: 3_600_000,
  maxConnectionAgeGraceMs: 600_000,
  maxConcurrentStreams: 1000,
  maxCalls: 10_000,
  maxResetRate: 200,
  maxControlFrameRate: 100,
};

/** A rate may be exceeded briefly: this many seconds' worth may come at once. */
export const burstSeconds = 10;
