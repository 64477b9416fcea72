import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { WatchEvent } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import type { ErrorReason } from "../../src/registry/registry-error.ts";
import { bodyOf, type RegistryClient, rows } from "../support/clients.ts";
import type { ErrorParts } from "../support/error-details.ts";
import { answer, type Behaviour, hang, predict } from "../support/fake-upstream.ts";
import type { PlainRequest } from "../support/http-client.ts";
import { model, namespace, type RunningService, type ServiceOptions } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import type { Way } from "../support/ways.ts";

/** What a row has at hand to make its call fail. */
export interface RowContext {
  readonly way: Way;
  readonly client: RegistryClient;
  readonly service: RunningService;
}

/** How one reason comes about, and what the caller gets for it. */
export interface ErrorRow {
  /** With what it is started. Left out: it is that of other rows, which leave nothing behind in it. */
  readonly service?: ServiceOptions;
  /** What the model server does with predictions. */
  readonly upstream?: Behaviour;
  /** Whether the call is a read, which Connect also sends by GET. */
  readonly read?: boolean;
  readonly call: (context: RowContext) => Promise<unknown>;
  readonly parts: ErrorParts;
  /** The same over REST. A text says why there is nothing like it. */
  readonly rest: RestRow | string;
}

/** How a reason comes about over REST, and what the caller gets for it. */
export interface RestRow {
  readonly request: Omit<PlainRequest, "url">;
  /** Is answered before the request is made. */
  readonly before?: Omit<PlainRequest, "url">;
  /** Keeps the service busy while the request is made. */
  readonly meanwhile?: Omit<PlainRequest, "url">;
  readonly status: number;
  readonly error: string | RegExp;
  readonly retryAfter?: string;
}

const domain = "kserve-model-registry";
const metadata = { model, namespace };
const predictOne = { path: `/api/v1/models/${model}/predict`, body: '{"instances":[[1]]}' };

/** A row for what the model server answers. */
function upstreamRow(
  behaviour: Behaviour,
  parts: Pick<ErrorParts, "code" | "reason" | "failure"> & { readonly retryMs?: number },
  rest: Omit<RestRow, "request">,
): ErrorRow {
  return {
    upstream: behaviour,
    call: ({ client }) => client.predict(rows(model, [1])),
    parts: { ...parts, domain, metadata },
    rest: { ...rest, request: predictOne },
  };
}

function failureOf(
  stage: string,
  upstreamStatus: number,
  upstreamBody: string,
  attempts = 1,
): NonNullable<ErrorParts["failure"]> {
  return { stage, upstreamStatus, upstreamBody, attempts };
}

/**
 * INTERNAL needs a server with a fault, the caller of CALLER_LEFT gets nothing, contracts are texts of REST,
 * test/access has all of access control, and test/service/loading.test.ts what comes before the first load.
 */
export const shownApart = [
  "CALLER_LEFT",
  "INTERNAL",
  "FEATURES_NOT_DECLARED",
  "UNAUTHENTICATED",
  "PERMISSION_DENIED",
  "ACCESS_CHECK_FAILED",
  "REQUEST_TOO_SLOW",
  "MODELS_NOT_LOADED",
] as const satisfies ErrorReason[];

/** Every reason that has no test of its own. */
export const errorRows: Readonly<Record<Exclude<ErrorReason, (typeof shownApart)[number]>, ErrorRow>> = {
  INVALID_REQUEST: {
    read: true,
    call: ({ client }) => client.listModels({ pageSize: -1 }),
    parts: { code: "InvalidArgument", reason: "INVALID_REQUEST", domain, metadata: {}, fields: ["page_size"] },
    rest: { request: { path: "/api/v1/models?pageSize=-1" }, status: 400, error: "pageSize: -1 must be 0 or more" },
  },
  INVALID_INSTANCE: {
    service: { models: [{ name: model, inputFeatures: ["cpu", "memory"] }] },
    call: ({ client }) => client.predict(rows(model, [1, 2], [3])),
    parts: {
      code: "InvalidArgument",
      reason: "INVALID_INSTANCE",
      domain,
      metadata,
      fields: ["instances[1]"],
      failure: failureOf("CHECK", 0, "", 0),
    },
    rest: {
      request: { ...predictOne, body: '{"instances":[{"cpu":1,"memory":2},{"cpu":3}]}' },
      status: 400,
      error: "instances[1].memory: is missing",
    },
  },
  INVALID_PAGE_TOKEN: {
    read: true,
    call: ({ client }) => client.listModels({ pageToken: "none" }),
    parts: { code: "InvalidArgument", reason: "INVALID_PAGE_TOKEN", domain, metadata: {}, fields: ["page_token"] },
    rest: { request: { path: "/api/v1/models?pageToken=none" }, status: 400, error: /^pageToken / },
  },
  MODEL_NOT_FOUND: {
    read: true,
    call: ({ client }) => client.getModel({ name: "no-such-model" }),
    parts: { code: "NotFound", reason: "MODEL_NOT_FOUND", domain, metadata: { model: "no-such-model" } },
    rest: { request: { path: "/api/v1/models/no-such-model" }, status: 404, error: "model not found" },
  },
  INTEGRATION_DISABLED: {
    service: { env: { ENABLE_KSERVE_INTEGRATION: "false" } },
    read: true,
    call: ({ client }) => client.getModel({ name: model }),
    parts: { code: "FailedPrecondition", reason: "INTEGRATION_DISABLED", domain, metadata: {} },
    rest: { request: predictOne, status: 400, error: /^The KServe integration is switched off/ },
  },
  MODEL_NOT_READY: upstreamRow(
    answer(503, { error: "Model with name x is not ready." }),
    {
      code: "Unavailable",
      reason: "MODEL_NOT_READY",
      retryMs: 1000,
      failure: failureOf("CALL", 503, '{"error":"Model with name x is not ready."}'),
    },
    { status: 503, error: /is not ready \(HTTP 503\): Model with name x is not ready\.$/, retryAfter: "1" },
  ),
  MODEL_UNREACHABLE: {
    service: { models: [{ name: model, url: "http://127.0.0.1:1" }] },
    call: ({ client }) => client.predict(rows(model, [1])),
    parts: {
      code: "Unavailable",
      reason: "MODEL_UNREACHABLE",
      domain,
      metadata,
      retryMs: 1000,
      failure: failureOf("CALL", 0, "", 3),
    },
    rest: {
      request: predictOne,
      status: 503,
      error: `Model ${model} could not be reached: the connection was refused`,
      retryAfter: "1",
    },
  },
  SHUTTING_DOWN: {
    service: {},
    call: async ({ client, service }) => {
      for await (const { event } of client.watchModels({})) {
        if (event === WatchEvent.SYNCED) void service.stop();
      }
    },
    parts: { code: "Unavailable", reason: "SHUTTING_DOWN", domain, metadata: {}, retryMs: 1000 },
    rest: "REST has no watch, and requests under way are finished",
  },
  REQUEST_TOO_LARGE: upstreamRow(
    answer(413, "too large", { "content-type": "text/plain" }),
    { code: "ResourceExhausted", reason: "REQUEST_TOO_LARGE", failure: failureOf("CALL", 413, "too large") },
    { status: 413, error: /refused the size of the request \(HTTP 413\): too large$/ },
  ),
  TOO_MANY_IN_FLIGHT: {
    service: { env: { KSERVE_MAX_IN_FLIGHT: "1", KSERVE_MAX_QUEUED: "0" } },
    upstream: hang(),
    call: async ({ client, service }) => {
      const first = new AbortController();
      const busy = client.predict(rows(model, [1]), { signal: first.signal }).catch(() => {});
      try {
        await until(() => service.upstream.predictions.length > 0);
        return await client.predict(rows(model, [2]));
      } finally {
        first.abort();
        await busy;
      }
    },
    parts: {
      code: "ResourceExhausted",
      reason: "TOO_MANY_IN_FLIGHT",
      domain,
      metadata,
      retryMs: 1000,
      failure: failureOf("ADMIT", 0, "", 0),
    },
    rest: {
      request: predictOne,
      meanwhile: predictOne,
      status: 429,
      error: `1 predictions of ${model} are in flight, and 1 are allowed (KSERVE_MAX_IN_FLIGHT)`,
      retryAfter: "1",
    },
  },
  BREAKER_OPEN: {
    service: { models: [{ name: model, url: "http://127.0.0.1:1" }], env: { KSERVE_BREAKER_FAILURES: "1" } },
    call: async ({ client }) => {
      await client.predict(rows(model, [1])).catch(() => {});
      return client.predict(rows(model, [1]));
    },
    parts: {
      code: "Unavailable",
      reason: "BREAKER_OPEN",
      domain,
      metadata,
      // Until the model server is asked again; how long that is is left to chance.
      retryMs: expect.any(Number),
      failure: failureOf("ADMIT", 0, "", 0),
    },
    rest: {
      before: predictOne,
      request: predictOne,
      status: 503,
      error: `Model ${model} is not called: its last 1 calls could not connect or were cut off`,
      retryAfter: expect.stringMatching(/^[56]$/),
    },
  },
  SERVER_OVERLOADED: {
    service: { env: { MAX_BYTES_IN_MEMORY: "1MiB", MAX_REQUEST_SIZE: "1MiB" } },
    upstream: predict(["x".repeat(1024 ** 2)]),
    call: ({ client }) => client.predict(rows(model, [1])),
    parts: {
      code: "ResourceExhausted",
      reason: "SERVER_OVERLOADED",
      domain,
      metadata: {},
      retryMs: 1000,
      failure: failureOf("ADMIT", 0, "", 0),
    },
    rest: {
      request: predictOne,
      status: 503,
      error: "The bodies of all calls in flight would take more than 1048576 bytes (MAX_BYTES_IN_MEMORY)",
      retryAfter: "1",
    },
  },
  MODEL_OVERLOADED: upstreamRow(
    answer(429, { detail: "slow down" }, { "retry-after": "7" }),
    {
      code: "ResourceExhausted",
      reason: "MODEL_OVERLOADED",
      retryMs: 7000,
      failure: failureOf("CALL", 429, '{"detail":"slow down"}'),
    },
    { status: 429, error: /asks to slow down \(HTTP 429\): slow down$/, retryAfter: "7" },
  ),
  DEADLINE_EXCEEDED: {
    upstream: hang(),
    // The header is written by hand: a client with a deadline of its own gives up before it reads the answer.
    call: ({ client, way }) => client.predict(rows(model, [1]), { headers: way.deadline(100) }),
    parts: {
      code: "DeadlineExceeded",
      reason: "DEADLINE_EXCEEDED",
      domain,
      metadata,
      failure: failureOf("CALL", 0, "", 0),
    },
    rest: "a REST caller hands over no deadline; MODEL_TIMEOUT is its limit",
  },
  MODEL_TIMEOUT: upstreamRow(
    answer(504, "upstream request timeout", { "content-type": "text/plain" }),
    {
      code: "DeadlineExceeded",
      reason: "MODEL_TIMEOUT",
      failure: failureOf("CALL", 504, "upstream request timeout"),
    },
    { status: 504, error: /\(HTTP 504\): upstream request timeout$/ },
  ),
  MODEL_PATH_NOT_FOUND: upstreamRow(
    answer(404, { error: "Model with name x does not exist." }),
    {
      code: "FailedPrecondition",
      reason: "MODEL_PATH_NOT_FOUND",
      failure: failureOf("CALL", 404, '{"error":"Model with name x does not exist."}'),
    },
    { status: 502, error: /\(HTTP 404\): Model with name x does not exist\.$/ },
  ),
  MODEL_REJECTED_INPUT: upstreamRow(
    answer(422, { detail: [{ loc: ["body"], msg: "field required" }] }),
    {
      code: "InvalidArgument",
      reason: "MODEL_REJECTED_INPUT",
      failure: failureOf("CALL", 422, '{"detail":[{"loc":["body"],"msg":"field required"}]}'),
    },
    { status: 400, error: /rejected the input \(HTTP 422\): \[\{"loc":\["body"\],"msg":"field required"\}\]$/ },
  ),
  MODEL_REJECTED_CREDENTIALS: upstreamRow(
    answer(401, "RBAC: access denied", { "content-type": "text/plain" }),
    {
      code: "Internal",
      reason: "MODEL_REJECTED_CREDENTIALS",
      failure: failureOf("CALL", 401, "RBAC: access denied"),
    },
    { status: 502, error: /rejected this service's credentials \(HTTP 401\): RBAC: access denied$/ },
  ),
  MODEL_CREDENTIALS_UNREADABLE: {
    service: { models: [{ name: model, tokenFile: join(tmpdir(), "no-such-token") }] },
    call: ({ client }) => client.predict(rows(model, [1])),
    parts: {
      code: "FailedPrecondition",
      reason: "MODEL_CREDENTIALS_UNREADABLE",
      domain,
      metadata,
      failure: failureOf("CALL", 0, "", 0),
    },
    rest: {
      request: predictOne,
      status: 502,
      error: `Model ${model} is not called: the credentials that its entry names cannot be read`,
    },
  },
  MODEL_FAILED: upstreamRow(
    answer(500, { error: "X has 7 features" }),
    { code: "Internal", reason: "MODEL_FAILED", failure: failureOf("CALL", 500, '{"error":"X has 7 features"}') },
    { status: 502, error: /failed \(HTTP 500\): X has 7 features$/ },
  ),
  MODEL_BAD_ANSWER: upstreamRow(
    answer(200, { outputs: [1] }),
    { code: "Internal", reason: "MODEL_BAD_ANSWER", failure: failureOf("ANSWER", 200, '{"outputs":[1]}') },
    { status: 502, error: /returned a response that is not a prediction: it has no predictions/ },
  ),
  PREDICTIONS_NOT_A_TENSOR: {
    upstream: predict(["high"]),
    call: ({ client }) =>
      client.predict({ name: model, input: { case: "tensor", value: { shape: [1], values: [1] } } }),
    parts: { code: "FailedPrecondition", reason: "PREDICTIONS_NOT_A_TENSOR", domain, metadata },
    rest: "REST has no tensors",
  },
};

/** A call that a caller leaves, for CALLER_LEFT. */
export const abandonedCall = bodyOf(model, '{"instances":[[1]]}');
