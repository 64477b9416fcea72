import { createClient } from "@connectrpc/connect";
import { createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { ModelRegistry, WatchEvent } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { type HttpVersion, type PlainRequest, send } from "../../test/support/http-client.ts";
import { wrongEnd } from "../chaos/expected.ts";
import { faultNames, healthyModels, modelTimeoutMs } from "../chaos/stage.ts";
import type { Caller } from "../load/caller.ts";
import type { FaultName } from "../model-server/faults.ts";

/** What a call has to work with. */
export interface CallContext {
  readonly number: number;
  readonly url: string;
  /** Clients that keep their connections. */
  readonly callers: readonly Caller[];
  /** A number from 0 to 1. */
  readonly next: () => number;
}

/** How a call ended. */
export interface CallEnd {
  /** The longest that it may take, in milliseconds. */
  readonly deadlineMs: number;
  /** What is wrong with it, which depends on whether the machine has used up its time. */
  readonly problem: (timeIsUp: boolean) => string | undefined;
}

/** One kind of call. */
export interface Kind {
  readonly title: string;
  /** How many of a hundred calls are of this kind. */
  readonly share: number;
  readonly run: (context: CallContext) => Promise<CallEnd>;
}

/** How long a call without a deadline of its own may take. */
const plainDeadlineMs = 2000;
const manyRows = 500;
const predictPath = `/v1/models/${healthyModels[0]}:predict`;

/** What callers do, in about the shares in which they do it. */
export const kinds: readonly Kind[] = [
  { title: "predictions of healthy models, in every protocol", share: 58, run: (c) => predict(c, undefined) },
  { title: "predictions of models that fail, hang or drip", share: 15, run: (c) => predict(c, faultOf(c)) },
  { title: "500 rows over a connection of their own", share: 5, run: predictMany },
  { title: "rows that are none", share: 4, run: (c) => plain(c, { path: predictPath, body: '{"instances":[]}' }, 400) },
  { title: "models that are not there", share: 4, run: (c) => plain(c, { path: "/api/v1/models/no-such-model" }, 404) },
  { title: "lists of models", share: 5, run: (c) => plain(c, { path: "/api/v1/models?pageSize=5" }, 200) },
  { title: "one model", share: 4, run: (c) => plain(c, { path: `/api/v1/models/${healthyModels[0]}` }, 200) },
  { title: "probes and metrics", share: 3, run: (c) => plain(c, { path: probes[c.number % probes.length]! }, 200) },
  { title: "watches that end after their first events", share: 2, run: watch },
];

const probes = ["/livez", "/readyz", "/metrics"];

function faultOf({ number }: CallContext): FaultName {
  return faultNames[number % faultNames.length]!;
}

async function predict({ number, callers, next }: CallContext, fault: FaultName | undefined): Promise<CallEnd> {
  const caller = callers[Math.floor(next() * callers.length)]!;
  const deadlineMs = caller.way.protocol === "rest" ? modelTimeoutMs : 300 + Math.floor(next() * 500);
  const leaves = fault === "hang-up" ? { leaveAfterMs: 100 } : {};
  const model = fault ?? healthyModels[number % healthyModels.length]!;
  const result = await caller.call({ model, id: `soak-${number}`, number, deadlineMs, ...leaves });
  const recovering = fault !== undefined;
  return { deadlineMs, problem: (timeIsUp) => wrongEnd({ fault, number, result, timeIsUp, recovering }) };
}

function predictMany(context: CallContext): Promise<CallEnd> {
  const rows = Array.from({ length: manyRows }, (_, i) => [i, 0.5, 1.25, context.number]);
  return plain(context, { path: predictPath, body: JSON.stringify({ instances: rows }) }, 200);
}

/** One request over a connection of its own. */
async function plain(
  { number, url }: CallContext,
  request: Omit<PlainRequest, "url">,
  expected: number,
): Promise<CallEnd> {
  const version: HttpVersion = number % 3 === 0 ? "2" : "1.1";
  const status = await send(version, { ...request, url }).then(
    (answer) => answer.status,
    (error: Error) => error.message,
  );
  const problem = (timeIsUp: boolean): string | undefined =>
    status === expected || (timeIsUp && status === 504) ? undefined : `${request.path} got ${status}`;
  return { deadlineMs: plainDeadlineMs, problem };
}

async function watch({ url }: CallContext): Promise<CallEnd> {
  const sessionManager = new Http2SessionManager(url);
  const client = createClient(ModelRegistry, createGrpcTransport({ baseUrl: url, sessionManager }));
  let problem: string | undefined = "the watch ended before all models were there";
  try {
    for await (const { event } of client.watchModels({}, { timeoutMs: plainDeadlineMs })) {
      if (event !== WatchEvent.SYNCED) continue;
      problem = undefined;
      break;
    }
  } catch (error) {
    problem = (error as Error).message;
  } finally {
    sessionManager.abort();
  }
  return { deadlineMs: plainDeadlineMs, problem: (timeIsUp) => (timeIsUp ? undefined : problem) };
}
