import { duration, flag, integer, list, size, text } from "./config-variable.ts";

/** The port, its limits, and what the process says of itself. */
export const serverVariables = {
  port: integer("PORT", [0, 65_535], {
    default: "8080",
    meaning: "The single port for all protocols. `0` picks a free port, which the log shows.",
  }),
  host: text("HOST", "an address to listen on", {
    default: "::",
    meaning: "The address to listen on. `::` accepts IPv4 and, if available, IPv6.",
  }),
  tlsCertFile: text("TLS_CERT_FILE", "a path to a PEM file", {
    meaning: "The certificate chain. With `TLS_KEY_FILE`, the port speaks TLS. Both are reloaded when they change.",
  }),
  tlsKeyFile: text("TLS_KEY_FILE", "a path to a PEM file", { meaning: "The private key of `TLS_CERT_FILE`." }),
  corsAllowedOrigins: list("CORS_ALLOWED_ORIGINS", "comma-separated origins, or *", {
    default: "*",
    emptyCounts: true,
    meaning: "The origins whose pages may call this server from a browser. Empty disables CORS.",
  }),
  page: flag("UI", {
    default: "on",
    meaning:
      "`off` disables the web UI: `/ui/` is not found, and a browser that requests `/` gets the same as any other client.",
  }),
  maxRequestBytes: size("MAX_REQUEST_SIZE", ["1KiB", "1GiB"], {
    default: "16MiB",
    meaning: "The largest request message, before and after decompression.",
  }),
  maxRecordBytes: size("MAX_RECORD_SIZE", ["1KiB", "1GiB"], {
    default: "1MiB",
    meaning:
      "The largest request message that writes to the registry of versions, before and after decompression; at most `MAX_REQUEST_SIZE`. Such messages of more than 32 KiB together hold at most a sixteenth of `MAX_BYTES_IN_MEMORY`, or one of this size.",
  }),
  maxQueryBytes: size("MAX_QUERY_SIZE", ["1KiB", "1GiB"], {
    default: "64KiB",
    meaning:
      "The largest request message, before and after decompression, for an RPC that only queries: list, get, watch, health and reflection.",
  }),
  maxMessageValues: integer("MAX_MESSAGE_VALUES", [1000, 100_000_000], {
    default: "50000",
    meaning:
      "How many values (fields, items and members) a message that is decoded into objects may have; that is every RPC message not handled by the fast path. 16 numbers of a tensor count as one value. At most a fifth of this many instances may be evaluated at once. Decoded responses and JSON that is passed through may have five times as many values; there, rows of numbers do not count, and 32 other numbers in a list count as one.",
  }),
  maxBytesInMemory: size("MAX_BYTES_IN_MEMORY", ["1MiB", "64GiB"], {
    default: "256MiB",
    meaning:
      "How many bytes of requests and responses all calls together may hold; beyond that, calls are rejected with RESOURCE_EXHAUSTED (HTTP 503). Transcoding needs about as much again: a quarter of the container's memory is a good value.",
  }),
  bodyTimeoutMs: duration("BODY_TIMEOUT", ["1s", "1h"], {
    default: "1m",
    meaning:
      "How long a request body may take to arrive, counted from its headers. For a streaming request, the longest pause between messages.",
  }),
  answerTimeoutMs: duration("ANSWER_TIMEOUT", ["1s", "1h"], {
    default: "2m",
    meaning:
      "How long a caller may take to read a complete response. A stream, such as a watch, is ended if its caller reads nothing for this long while data is pending.",
  }),
  maxHeaderBytes: size("MAX_HEADER_SIZE", ["1KiB", "256KiB"], {
    default: "16KiB",
    meaning: "The largest request head: path and headers together.",
  }),
  headersTimeoutMs: duration("HEADERS_TIMEOUT", ["100ms", "5m"], {
    default: "10s",
    meaning: "How long request headers may take to arrive, and how long a TLS handshake may take.",
  }),
  idleConnectionTimeoutMs: duration("IDLE_TIMEOUT", ["1s", "24h"], {
    default: "5m",
    meaning:
      "How long a connection without a call may stay open. A call in flight, including a silent watch, keeps its connection open.",
  }),
  maxConnections: integer("MAX_CONNECTIONS", [1, 1_000_000], {
    default: "10000",
    meaning:
      "How many connections may be open at once. Beyond that, new ones are closed, except those of probes, which have 64 slots of their own. Memory may lower the limit: connections and the calls on them have a budget of their own, as large as `MAX_BYTES_IN_MEMORY` and at least 64 MiB (see DEPLOYMENT.md).",
  }),
  maxConnectionAgeMs: duration("MAX_CONNECTION_AGE", ["1s", "168h"], {
    off: true,
    default: "1h",
    meaning:
      "The age, give or take a tenth, at which a client is asked to reconnect so that it finds new instances: by GOAWAY over HTTP/2, by `connection: close` over HTTP/1.1. Calls in flight finish.",
  }),
  maxConnectionAgeGraceMs: duration("MAX_CONNECTION_AGE_GRACE", ["1s", "168h"], {
    default: "10m",
    meaning:
      "How long calls in flight may then take to finish. A watch that is ended can be resumed elsewhere with its resume token.",
  }),
  maxConcurrentStreams: integer("MAX_CONCURRENT_STREAMS", [1, 100_000], {
    default: "1000",
    meaning:
      "How many calls may be in flight on one HTTP/2 connection; further ones are refused unprocessed. The limit starts at 100 and grows by 100 each time it is reached.",
  }),
  maxCalls: integer("MAX_CALLS", [1, 1_000_000], {
    default: "10000",
    meaning:
      "How many calls may be in flight at once, including watches. Above half of this number, each connection is limited to its share of that half; above the full number, to one call. Further calls are refused unprocessed.",
  }),
  maxAnonymousCalls: integer("MAX_ANONYMOUS_CALLS", [1, 1_000_000], {
    default: "512",
    meaning:
      "With access control, how many calls without credentials may be in flight at once, including health watches. Beyond that, the oldest one is aborted; if it is less than a minute old, a new health watch is aborted instead. An HTTP/2 connection whose call is aborted is also told to go away (GOAWAY).",
  }),
  maxResetRate: integer("MAX_RESET_RATE", [1, 100_000], {
    default: "200",
    meaning:
      "How many streams per second an HTTP/2 connection may reset, with a burst of ten seconds' worth; a connection that exceeds it is closed.",
  }),
  maxControlFrameRate: integer("MAX_CONTROL_FRAME_RATE", [1, 100_000], {
    default: "100",
    meaning:
      "How many PING and SETTINGS frames per second an HTTP/2 connection may send, with a burst of ten seconds' worth; a connection that exceeds it is closed.",
  }),
  maxJsonDepth: integer("MAX_JSON_DEPTH", [4, 512], {
    default: "64",
    meaning: "How deeply JSON may be nested in a prediction.",
  }),
  fastPath: flag("FAST_PATH", {
    default: "on",
    meaning:
      "`off` serves predictions, evaluations and watches through Connect, like every other RPC. The responses are the same; the fast path costs less CPU.",
  }),
  shutdownDelayMs: duration("SHUTDOWN_DELAY", ["0s", "5m"], {
    meaning:
      "How long the server keeps serving after SIGTERM while reporting that it is not ready, so that load balancers stop using it before it closes. Unset: `5s` in a cluster, else `0s`.",
  }),
  shutdownGraceMs: duration("SHUTDOWN_GRACE", ["0s", "10m"], {
    default: "20s",
    meaning: "How long calls in flight may take to finish after SIGTERM and SHUTDOWN_DELAY.",
  }),
} as const;
