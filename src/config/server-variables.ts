import { duration, flag, integer, list, size, text } from "./config-variable.ts";

/** The port, its limits, and what the process says of itself. */
export const serverVariables = {
  port: integer("PORT", [0, 65_535], {
    default: "8080",
    meaning: "The one port for every protocol. `0` takes a free one, which the log names.",
  }),
  host: text("HOST", "an address to listen on", {
    default: "::",
    meaning: "The address to listen on. `::` takes IPv4 and IPv6, where the machine has it.",
  }),
  tlsCertFile: text("TLS_CERT_FILE", "a path to a PEM file", {
    meaning: "The certificate chain. With `TLS_KEY_FILE` the port speaks TLS; both are read again when they change.",
  }),
  tlsKeyFile: text("TLS_KEY_FILE", "a path to a PEM file", { meaning: "The private key of `TLS_CERT_FILE`." }),
  corsAllowedOrigins: list("CORS_ALLOWED_ORIGINS", "origins with commas between them, or *", {
    default: "*",
    emptyCounts: true,
    meaning: "The origins whose pages may call this server from a browser. Empty turns CORS off.",
  }),
  page: flag("UI", {
    default: "on",
    meaning:
      "`off` serves no page for people: `/ui/` is not found, and a browser that asks for `/` gets what every other client gets.",
  }),
  maxRequestBytes: size("MAX_REQUEST_SIZE", ["1KiB", "1GiB"], {
    default: "16MiB",
    meaning: "The largest request message, before and after decompression.",
  }),
  maxQueryBytes: size("MAX_QUERY_SIZE", ["1KiB", "1GiB"], {
    default: "64KiB",
    meaning:
      "The largest request message, before and after decompression, of an RPC that only queries: list, get, watch, health and reflection.",
  }),
  maxMessageValues: integer("MAX_MESSAGE_VALUES", [1000, 100_000_000], {
    default: "50000",
    meaning:
      "How many values (fields, items and members) a message may have that is decoded into objects, which is every RPC message that the fast path does not take. 16 numbers of a tensor count as one value. A fifth of this many instances may be evaluated at once. Answers that are decoded, and JSON that is passed on, may have five times as many values; rows of numbers do not count there, and 32 other numbers in a list count as one.",
  }),
  maxBytesInMemory: size("MAX_BYTES_IN_MEMORY", ["1MiB", "64GiB"], {
    default: "256MiB",
    meaning:
      "How many bytes of requests and answers all calls together may hold; beyond that, calls are refused with RESOURCE_EXHAUSTED (HTTP 503). The process needs about as much again while it transcodes: a quarter of the container's memory is a good value.",
  }),
  bodyTimeoutMs: duration("BODY_TIMEOUT", ["1s", "1h"], {
    default: "1m",
    meaning:
      "How long the body of a request may take to arrive, from its head on. A request that streams may pause for so long.",
  }),
  answerTimeoutMs: duration("ANSWER_TIMEOUT", ["1s", "1h"], {
    default: "2m",
    meaning:
      "How long a caller may take to take an answer once it is complete. A stream, such as a watch, is ended when its caller has taken nothing for so long of what waits for it.",
  }),
  maxHeaderBytes: size("MAX_HEADER_SIZE", ["1KiB", "256KiB"], {
    default: "16KiB",
    meaning: "The largest head of a request: its path and its headers together.",
  }),
  headersTimeoutMs: duration("HEADERS_TIMEOUT", ["100ms", "5m"], {
    default: "10s",
    meaning: "How long the head of a request may take to arrive, and how long a TLS handshake.",
  }),
  idleConnectionTimeoutMs: duration("IDLE_TIMEOUT", ["1s", "24h"], {
    default: "5m",
    meaning:
      "When a connection without a call is closed. A call under way, a silent watch included, keeps its connection open.",
  }),
  maxConnections: integer("MAX_CONNECTIONS", [1, 1_000_000], {
    default: "10000",
    meaning:
      "How many connections may be open at once; above, new ones are closed, but for those of probes, which have 64 slots of their own. Fewer where they would take too much memory: with the calls on them they may take as much as `MAX_BYTES_IN_MEMORY` beside it, and 64 MiB at least (see DEPLOYMENT.md).",
  }),
  maxConnectionAgeMs: duration("MAX_CONNECTION_AGE", ["1s", "168h"], {
    off: true,
    default: "1h",
    meaning:
      "When a connection is asked to go, give or take a tenth, so that callers find new instances: by GOAWAY over HTTP/2, by `connection: close` over HTTP/1.1. Calls under way finish.",
  }),
  maxConnectionAgeGraceMs: duration("MAX_CONNECTION_AGE_GRACE", ["1s", "168h"], {
    default: "10m",
    meaning: "How long calls may then take to finish. A watch that is cut goes on elsewhere by its resume token.",
  }),
  maxConcurrentStreams: integer("MAX_CONCURRENT_STREAMS", [1, 100_000], {
    default: "1000",
    meaning:
      "How many calls may be under way on one HTTP/2 connection; more are refused, unprocessed. It begins with 100, and is allowed 100 more each time that it has as many as it may.",
  }),
  maxCalls: integer("MAX_CALLS", [1, 1_000_000], {
    default: "10000",
    meaning:
      "How many calls may be under way at once, watches included. Above half of it each connection has its share of that half, and above all of it one call; what is more is refused, unprocessed.",
  }),
  maxAnonymousCalls: integer("MAX_ANONYMOUS_CALLS", [1, 1_000_000], {
    default: "512",
    meaning:
      "How many calls without credentials may be under way at once where access is controlled, health watches among them. Where there are more, the one that began first is broken off, or a health watch that begins where that one has not been under way for a minute.",
  }),
  maxResetRate: integer("MAX_RESET_RATE", [1, 100_000], {
    default: "200",
    meaning:
      "How many streams a second an HTTP/2 connection may reset, with ten seconds' worth at once; one that resets more is closed.",
  }),
  maxControlFrameRate: integer("MAX_CONTROL_FRAME_RATE", [1, 100_000], {
    default: "100",
    meaning:
      "How many PING and SETTINGS frames a second an HTTP/2 connection may send, with ten seconds' worth at once; one that sends more is closed.",
  }),
  maxJsonDepth: integer("MAX_JSON_DEPTH", [4, 512], {
    default: "64",
    meaning: "How deep JSON may be nested in a prediction.",
  }),
  fastPath: flag("FAST_PATH", {
    default: "on",
    meaning:
      "`off` serves Predict and EvaluateModel by way of Connect alone, as every other RPC is. The answers are the same; the fast path costs less.",
  }),
  shutdownDelayMs: duration("SHUTDOWN_DELAY", ["0s", "5m"], {
    meaning:
      "How long after SIGTERM the server goes on serving while it says that it is not ready, so that balancers turn to others before it closes. Unset: `5s` in a cluster, else `0s`.",
  }),
  shutdownGraceMs: duration("SHUTDOWN_GRACE", ["0s", "10m"], {
    default: "20s",
    meaning: "How long calls under way may take to finish after SIGTERM and SHUTDOWN_DELAY.",
  }),
} as const;
