/** Every kind of caller, against a model behind each protocol, through success and each reason that a prediction fails for. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { ModelProtocol } from "../../src/registry/model.ts";
import type { ErrorReason } from "../../src/registry/registry-error.ts";
import { freePort } from "../peers/support/background.ts";
import { model, type ServiceOptions, startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { type Caller, callers, features, type Outcome } from "./protocol-callers.ts";
import { answers, type Behaviour, fails, type RunningServer, startServer } from "./protocol-servers.ts";

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
  /** Is done before anybody asks; what it returns is waited for at the end. */
  readonly before?: (url: string, server: RunningServer | undefined) => Promise<unknown>;
  /** Who sees it. Default: all. */
  readonly seenBy?: (caller: Caller, protocol: ModelProtocol) => boolean;
}

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
    // What is typed by a model is not there then.
    seenBy: ({ name }) => name !== "gRPC, typed",
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
async function start(protocol: ModelProtocol, { server, entry, env }: Pick<Failure, "server" | "entry" | "env">) {
  // What is started last is closed first: the service is to leave nothing open behind it.
  const port = server === undefined ? 1 : await freePort();
  const address = `http://127.0.0.1:${port}`;
  const { url } = await startRegistry({
    models: [{ name: model, url: address, protocol, inputFeatures, ...entry }],
    ...(env === undefined ? {} : { env }),
  });
  return { url, server: server && (await startServer(protocol, model, server, port)) };
}

/** What every caller gets of one service, by the name of the caller. */
async function outcomesOf(asking: readonly Caller[], ask: (caller: Caller) => Promise<Outcome>) {
  return Object.fromEntries(await Promise.all(asking.map(async (caller) => [caller.name, await ask(caller)] as const)));
}

describe.each(["v1", "v2", "grpc-v2"] as const)("every caller of a model of protocol %s", (protocol) => {
  it("gets the same prediction", async () => {
    const { url } = await start(protocol, { server: answers });
    const outcomes = await outcomesOf(callers, ({ ask }) => ask(url, row));
    expect(outcomes).toEqual(Object.fromEntries(callers.map(({ name }) => [name, { prediction: 3.5 }])));
  });

  it.each(failures)("gets $reason where $name", async (failure) => {
    const { reason, code, status, before, seenBy = () => true, headers } = failure;
    const { url, server } = await start(protocol, failure);
    const asking = callers.filter((caller) => seenBy(caller, protocol));
    const busy = (await before?.(url, server)) as { readonly busy?: Promise<unknown> } | undefined;
    const outcomes = await outcomesOf(asking, ({ ask }) => ask(url, failure.row ?? row, headers));
    const seen = ({ over }: Caller): Outcome => (over === "REST" ? { reason, status } : { reason, code });
    expect(outcomes).toEqual(Object.fromEntries(asking.map((caller) => [caller.name, seen(caller)])));
    await busy?.busy;
  });
});
