/** Every kind of caller, against a model behind each protocol, through success and each reason that a prediction fails for. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../../measure/free-port.ts";
import type { ModelProtocol } from "../../src/registry/model.ts";
import { type ErrorReason, errorReasons } from "../../src/registry/registry-error.ts";
import { audience, startIssuer } from "../access/support/issuer.ts";
import { startFakeApiServer } from "../sources/kube/fake-api-server.ts";
import { send } from "../support/http-client.ts";
import { metricsWhen } from "../support/metric-lines.ts";
import {
  model,
  namespace,
  type RunningService,
  type ServiceOptions,
  startRegistry,
} from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { type Caller, callers, features, type Outcome } from "./protocol-callers.ts";
import { answers, answersWith, type Behaviour, fails, type RunningServer, startServer } from "./protocol-servers.ts";

/** How a reason comes about, and what callers get. */
interface Failure {
  readonly name: string;
  readonly reason: ErrorReason;
  readonly code: string;
  readonly status: number;
  /** What the model server does; undefined where there is none. */
  readonly server: Behaviour | undefined;
  readonly env?: ServiceOptions["env"];
  readonly entry?: object;
  readonly row?: readonly number[];
  readonly headers?: Record<string, string>;
  /** Starts what the service depends on, and says how callers show who they are. */
  readonly prepare?: () => Promise<Prepared>;
  /** Whether callers wait for the model. */
  readonly waits?: boolean;
  /** Is done while that many ask. */
  readonly meanwhile?: (service: RunningService, callers: number) => Promise<unknown>;
  /** Is done before anybody asks; what it returns is waited for at the end. */
  readonly before?: (url: string, server: RunningServer | undefined) => Promise<unknown>;
  /** Who sees it. Default: all. */
  readonly seenBy?: (caller: Caller, protocol: ModelProtocol) => boolean;
}

/** What a service depends on. */
interface Prepared {
  readonly env: ServiceOptions["env"];
  readonly headers?: Record<string, string>;
  readonly close: () => Promise<void>;
}

/** Who issues tokens, and the headers with one. */
async function tokens(claims: object | undefined): Promise<Prepared> {
  const issuer = await startIssuer();
  const env = { AUTH_MODE: "oidc", OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: audience, AUTH_MODELS_CLAIM: "models" };
  const headers = claims === undefined ? {} : { authorization: `Bearer ${await issuer.token({ ...claims })}` };
  return { env, headers, close: () => issuer.close() };
}

/** A source that has not said yet which models it has. */
async function silentSource(): Promise<Prepared> {
  const apiServer = await startFakeApiServer();
  // It does not answer.
  apiServer.onList(() => {});
  const env = {
    KUBECONFIG: apiServer.access.kubeconfig!,
    KSERVE_KUBERNETES_SOURCES: "config-map",
    KSERVE_MODEL_REGISTRY: JSON.stringify([{ name: "another", type: "anomaly", url: "http://127.0.0.1:1" }]),
  };
  return { env, close: () => apiServer.close() };
}

/** What is typed by a model is not there where the model is not. */
const notTyped = ({ name }: Caller): boolean => name !== "gRPC, typed";

/** Of models that take tensors, callers that send them get through without a look at what they send and get. */
const looksAtRows = ({ sendsTensors }: Caller, protocol: ModelProtocol): boolean => protocol === "v1" || !sendsTensors;

const row = [1, 2];
const inputFeatures = features.map((name) => ({ name, type: "number" }));
const [first] = callers as readonly [Caller];

const failures: readonly Failure[] = [
  {
    name: "the model refuses the input",
    ...{ reason: "MODEL_REJECTED_INPUT", code: "InvalidArgument", status: 400 },
    server: fails(400, "INVALID_ARGUMENT"),
  },
  {
    name: "the server refuses the credentials",
    ...{ reason: "MODEL_REJECTED_CREDENTIALS", code: "Internal", status: 502 },
    server: fails(401, "UNAUTHENTICATED"),
  },
  {
    name: "the server does not know the model",
    ...{ reason: "MODEL_PATH_NOT_FOUND", code: "FailedPrecondition", status: 502 },
    server: fails(404, "NOT_FOUND"),
  },
  {
    name: "the server refuses the size",
    ...{ reason: "REQUEST_TOO_LARGE", code: "ResourceExhausted", status: 413 },
    server: fails(413, "RESOURCE_EXHAUSTED", "Received message larger than max (5 vs. 4)"),
  },
  {
    name: "the server asks to slow down",
    ...{ reason: "MODEL_OVERLOADED", code: "ResourceExhausted", status: 429 },
    server: fails(429, "RESOURCE_EXHAUSTED"),
  },
  {
    name: "the model fails",
    ...{ reason: "MODEL_FAILED", code: "Internal", status: 502 },
    server: fails(500, "INTERNAL"),
  },
  {
    name: "the model is not ready",
    ...{ reason: "MODEL_NOT_READY", code: "Unavailable", status: 503 },
    server: fails(503, "UNAVAILABLE"),
  },
  {
    name: "a proxy says that the model is late",
    ...{ reason: "MODEL_TIMEOUT", code: "DeadlineExceeded", status: 504 },
    server: fails(504, "DEADLINE_EXCEEDED"),
  },
  {
    name: "the model is late",
    ...{ reason: "MODEL_TIMEOUT", code: "DeadlineExceeded", status: 504 },
    server: { ...answers, delayMs: 3000 },
    entry: { timeout: "1s" },
  },
  {
    name: "the caller's deadline passes",
    ...{ reason: "DEADLINE_EXCEEDED", code: "DeadlineExceeded", status: 504 },
    server: { ...answers, delayMs: 3000 },
    headers: { "grpc-timeout": "300m" },
    seenBy: ({ over }) => over === "gRPC",
  },
  {
    name: "the caller does not say who it is",
    ...{ reason: "UNAUTHENTICATED", code: "Unauthenticated", status: 401 },
    server: answers,
    prepare: () => tokens(undefined),
  },
  {
    name: "who the caller is cannot be found out",
    ...{ reason: "ACCESS_CHECK_FAILED", code: "Unavailable", status: 503 },
    server: answers,
    prepare: async () => {
      const prepared = await tokens({ models: ["*"] });
      return { ...prepared, env: { ...prepared.env, OIDC_JWKS_URL: "http://127.0.0.1:1/" } };
    },
  },
  {
    name: "the caller may use other models alone",
    ...{ reason: "PERMISSION_DENIED", code: "PermissionDenied", status: 403 },
    server: answers,
    prepare: () => tokens({ models: ["another"] }),
    seenBy: notTyped,
  },
  {
    name: "the answer does not fit into memory",
    ...{ reason: "SERVER_OVERLOADED", code: "ResourceExhausted", status: 503 },
    server: answersWith("x".repeat(1024 ** 2)),
    env: { MAX_BYTES_IN_MEMORY: "1MiB", MAX_REQUEST_SIZE: "1MiB" },
  },
  {
    name: "there is no such model",
    ...{ reason: "MODEL_NOT_FOUND", code: "NotFound", status: 404 },
    server: answers,
    entry: { name: "another" },
    seenBy: notTyped,
  },
  {
    name: "the predictions are texts, and a tensor is wanted",
    ...{ reason: "PREDICTIONS_NOT_A_TENSOR", code: "FailedPrecondition", status: 400 },
    server: answersWith("high"),
    seenBy: ({ name }) => name === "gRPC, a tensor",
  },
  {
    name: "the models have not been read yet",
    ...{ reason: "MODELS_NOT_LOADED", code: "Unavailable", status: 503 },
    server: answers,
    prepare: silentSource,
    seenBy: notTyped,
  },
  {
    name: "the service stops while the model loads",
    ...{ reason: "SHUTTING_DOWN", code: "Unavailable", status: 503 },
    server: { ...answers, isLoading: true },
    waits: true,
    async before(url) {
      await send("1.1", { url, path: `/v1/models/${model}` });
    },
    async meanwhile({ url, stop }, callers) {
      const waiting = `kserve_registry_predictions_queued{model="${model}",namespace="${namespace}",for="ready"}`;
      await metricsWhen(url, waiting, callers);
      await stop();
    },
    // Those of tensors and of types have no way to say that they wait.
    seenBy: ({ canWait }) => canWait,
  },
  {
    name: "the model answers something else",
    ...{ reason: "MODEL_BAD_ANSWER", code: "Internal", status: 502 },
    server: { rest: [200, { something: "else" }], grpc: () => ({ model_name: "m" }) },
    seenBy: looksAtRows,
  },
  {
    name: "the server cannot be reached",
    ...{ reason: "MODEL_UNREACHABLE", code: "Unavailable", status: 503 },
    server: undefined,
    env: { KSERVE_BREAKER_FAILURES: "100" },
  },
  {
    name: "the server could not be reached before",
    ...{ reason: "BREAKER_OPEN", code: "Unavailable", status: 503 },
    server: undefined,
    env: { KSERVE_BREAKER_FAILURES: "1" },
    before: (url) => first.ask(url, row),
  },
  {
    name: "the credentials cannot be read",
    ...{ reason: "MODEL_CREDENTIALS_UNREADABLE", code: "FailedPrecondition", status: 502 },
    server: answers,
    entry: { tokenFile: join(tmpdir(), "no-such-token") },
  },
  {
    name: "as many calls as may be are under way",
    ...{ reason: "TOO_MANY_IN_FLIGHT", code: "ResourceExhausted", status: 429 },
    server: { ...answers, delayMs: 1500 },
    env: { KSERVE_MAX_IN_FLIGHT: "1", KSERVE_MAX_QUEUED: "0" },
    async before(url, server) {
      const busy = first.ask(url, row);
      await until(() => server!.asked() > 0);
      return { busy };
    },
  },
  {
    name: "the integration is switched off",
    ...{ reason: "INTEGRATION_DISABLED", code: "FailedPrecondition", status: 400 },
    server: answers,
    env: { ENABLE_KSERVE_INTEGRATION: "false" },
    seenBy: notTyped,
  },
  {
    name: "the row does not fit",
    ...{ reason: "INVALID_INSTANCE", code: "InvalidArgument", status: 400 },
    server: answers,
    row: [1],
    seenBy: ({ sendsTensors }) => !sendsTensors,
  },
  {
    name: "the tensor does not fit",
    ...{ reason: "INVALID_REQUEST", code: "InvalidArgument", status: 400 },
    server: answers,
    row: [1],
    seenBy: ({ sendsTensors }, protocol) => sendsTensors && protocol === "v1",
  },
];

/** A service in front of one model that is spoken to by a protocol, whose server behaves. */
async function start(
  protocol: ModelProtocol,
  { server, entry, env: ownEnv, prepare }: Pick<Failure, "server" | "entry" | "env" | "prepare">,
) {
  const prepared = await prepare?.();
  const env = { ...ownEnv, ...prepared?.env };
  // What is started last is closed first: the service is to leave nothing open behind it.
  const port = server === undefined ? 1 : await freePort();
  const address = `http://127.0.0.1:${port}`;
  const service = await startRegistry({
    models: [{ name: model, url: address, protocol, inputFeatures, ...entry }],
    env,
  });
  if (prepared !== undefined) onTestFinished(prepared.close);
  const running = server && (await startServer(protocol, model, server, port));
  return { url: service.url, service, server: running, headers: prepared?.headers ?? {} };
}

/** What every caller gets of one service, by the name of the caller. */
async function outcomesOf(asking: readonly Caller[], ask: (caller: Caller) => Promise<Outcome>) {
  return Object.fromEntries(await Promise.all(asking.map(async (caller) => [caller.name, await ask(caller)] as const)));
}

/** What has nothing to do with predictions, or needs a fault of this service or a caller that does not wait for an answer. */
const shownElsewhere: readonly ErrorReason[] = [
  "INVALID_PAGE_TOKEN",
  "FEATURES_NOT_DECLARED",
  "CALLER_LEFT",
  "REQUEST_TOO_SLOW",
  "INTERNAL",
];

it("has every reason that a prediction fails for", () => {
  const shown = new Set([...failures.map(({ reason }) => reason), ...shownElsewhere]);
  expect(errorReasons.filter((reason) => !shown.has(reason))).toEqual([]);
});

describe.each(["v1", "v2", "grpc-v2"] as const)("every caller of a model of protocol %s", (protocol) => {
  it("gets the same prediction", async () => {
    const { url } = await start(protocol, { server: answers });
    const outcomes = await outcomesOf(callers, ({ ask }) => ask(url, row));
    expect(outcomes).toEqual(Object.fromEntries(callers.map(({ name }) => [name, { prediction: 3.5 }])));
  });

  it.each(failures)("gets $reason where $name", async (failure) => {
    const { reason, code, status, before, meanwhile, waits = false, seenBy = () => true } = failure;
    const { url, service, server, headers: known } = await start(protocol, failure);
    const asking = callers.filter((caller) => seenBy(caller, protocol));
    const busy = (await before?.(url, server)) as { readonly busy?: Promise<unknown> } | undefined;
    const headers = { ...known, ...failure.headers };
    const [outcomes] = await Promise.all([
      outcomesOf(asking, ({ ask }) => ask(url, failure.row ?? row, { headers, waits })),
      meanwhile?.(service, asking.length),
    ]);
    const seen = ({ over }: Caller): Outcome => (over === "REST" ? { reason, status } : { reason, code });
    expect(outcomes).toEqual(Object.fromEntries(asking.map((caller) => [caller.name, seen(caller)])));
    await busy?.busy;
  });
});
