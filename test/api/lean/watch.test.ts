import http2 from "node:http2";
import { gunzipSync } from "node:zlib";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HealthCheckRequestSchema } from "../../../gen/grpc/health/v1/health_pb.ts";
import type { ModelType } from "../../../gen/kserve/registry/v1/model_pb.ts";
import {
  WatchEvent,
  WatchModelsRequestSchema,
  WatchModelsResponseSchema,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { writeWatchEvent } from "../../../src/api/lean/write-watch-event.ts";
import { watchResponse } from "../../../src/api/rpc/watch-messages.ts";
import type { WatchedEvent } from "../../../src/api/watch/watch-events.ts";
import { type Service, startService } from "../../../src/compose/service.ts";
import { inputFormats, modelProtocols, modelTypes, sourceKinds } from "../../../src/registry/model.ts";

const text = fc.oneof(fc.string({ maxLength: 60 }), fc.string({ maxLength: 60, unit: "grapheme" }));
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const link = fc.record({
  ref: fc.constant({ model: "alpha", version: "1.0.0" }),
  state: fc.constantFrom("linked", "archived", "not-found", "not-trusted", "unknown"),
  problem: text,
  takes: fc.constant(["inputFeatures"]),
  differences: fc.array(text),
});
const model = fc.record({
  ...{ name: text, service: text, namespace: text, description: text, cluster: text, holdsName: fc.boolean() },
  ...{ type: optional(fc.constantFrom(...modelTypes)), protocol: fc.constantFrom(...modelProtocols) },
  ...{ inputFormat: fc.constantFrom(...inputFormats), source: fc.constantFrom(...sourceKinds) },
  address: fc.record({ url: text }),
  triggers: fc.array(fc.record({ name: text }), { maxLength: 2 }),
  inputFeatures: fc.array(fc.record({ name: text, min: fc.double({ noNaN: true }) }), { maxLength: 2 }),
  outputFormat: optional(fc.record({ field: text })),
  remediationActions: fc.array(fc.record({ type: text, to: text }), { maxLength: 2 }),
  updateTime: fc.date({ noInvalidDate: true, min: new Date("1900-01-01"), max: new Date("9999-01-01") }),
  link: optional(link),
});
const event = fc.record({
  kind: fc.constantFrom("added", "changed", "removed", "synced", "reset"),
  model: optional(model),
  readiness: optional(
    fc.record({ state: fc.constantFrom("unknown", "ready", "not-ready", "unreachable"), reason: text }),
  ),
  changedFields: optional(fc.array(fc.constantFrom("url", "state_reason"))),
  resumeToken: text,
});

describe("an event of a watch", () => {
  it("is written as the general encoder writes it", () => {
    fc.assert(
      fc.property(event, (any) => {
        const one = any as unknown as WatchedEvent;
        const general = toBinary(WatchModelsResponseSchema, watchResponse(one));
        expect(writeWatchEvent(one).equals(general)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

const envOf = (fastPath: "on" | "off"): Record<string, string> => ({
  ...{ PORT: "0", HOST: "127.0.0.1", LOG_LEVEL: "silent", KSERVE_READINESS_INTERVAL: "0", FAST_PATH: fastPath },
  ...{ SHUTDOWN_DELAY: "0s", SHUTDOWN_GRACE: "1s" },
  KSERVE_MODEL_REGISTRY: JSON.stringify([
    { name: "bare", service: "bare", type: "anomaly" },
    {
      ...{ name: "declared", service: "declared", type: "predictive", description: "much ".repeat(500) },
      ...{ triggers: ["disk"], inputFeatures: ["a", { name: "b", type: "number", min: 0 }] },
    },
  ]),
});

const framings = ["application/grpc", "application/grpc-web+proto", "application/connect+proto"];
const requests = {
  all: create(WatchModelsRequestSchema, {}),
  "one type": create(WatchModelsRequestSchema, { type: 2 }),
  "a type that does not exist": create(WatchModelsRequestSchema, { type: 99 as ModelType }),
  "a token that nobody gave": create(WatchModelsRequestSchema, { resumeToken: "made up" }),
};
const bodies: Readonly<Record<string, Uint8Array>> = {
  ...Object.fromEntries(
    Object.entries(requests).map(([what, request]) => [
      what,
      encodeEnvelope(0, toBinary(WatchModelsRequestSchema, request)),
    ]),
  ),
  nothing: new Uint8Array(),
  "what is not a message": encodeEnvelope(0, Buffer.from([0xff, 0xff])),
  "two messages": Buffer.concat([encodeEnvelope(0, new Uint8Array()), encodeEnvelope(0, new Uint8Array())]),
};
const ofHealth: Readonly<Record<string, Readonly<Record<string, Uint8Array>>>> = {
  proto: {
    "the server": encodeEnvelope(0, new Uint8Array()),
    ...Object.fromEntries(
      ["bare", "nobody", "kserve.registry.v1.ModelRegistry"].map((service) => [
        service,
        encodeEnvelope(0, toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service }))),
      ]),
    ),
    "what is not a message": encodeEnvelope(0, Buffer.from([0xff, 0xff])),
    "more than a query may be": encodeEnvelope(0, Buffer.alloc(100_000)),
  },
  json: Object.fromEntries(
    ["{}", '{"service":"bare"}', '{"service":7}', '{"model":"bare"}', "[", ""].map((json) => [
      json,
      encodeEnvelope(0, Buffer.from(json)),
    ]),
  ),
};
const healthFramings = [...framings, "application/grpc+json", "application/grpc-web+json", "application/connect+json"];

/** A watch, how to read its messages, and when all that comes without a change has come. */
interface Watch {
  readonly method: string;
  readonly framing: string;
  readonly what: string;
  readonly coding: string;
  readonly body: Uint8Array;
  readonly contentOf: (data: Buffer) => unknown;
  readonly isBegun: (content: unknown) => boolean;
}
const ofCoding = (watch: Omit<Watch, "coding">): readonly Watch[] =>
  ["", "gzip"].map((coding) => ({ ...watch, coding }));
const cases: readonly Watch[] = [
  ...framings.flatMap((framing) =>
    Object.entries(bodies).flatMap(([what, body]) =>
      ofCoding({
        ...{ method: "kserve.registry.v1.ModelRegistry/WatchModels", framing, what, body, contentOf: eventOf },
        isBegun: (content) => (content as { event?: number }).event === WatchEvent.SYNCED,
      }),
    ),
  ),
  ...healthFramings.flatMap((framing) =>
    Object.entries(ofHealth[framing.endsWith("json") ? "json" : "proto"]!).flatMap(([what, body]) =>
      ofCoding({
        ...{ method: "grpc.health.v1.Health/Watch", framing, what, body },
        ...{ contentOf: (data) => data.toString("hex"), isBegun: () => true },
      }),
    ),
  ),
];

/** Whatever a call is answered, until its end. */
interface Answered {
  readonly messages: readonly unknown[];
  readonly headers: Readonly<Record<string, unknown>>;
}

describe("a watch", () => {
  const answered: Record<"on" | "off", Promise<Answered>[]> = { on: [], off: [] };
  const services: Service[] = [];
  const sessions: http2.ClientHttp2Session[] = [];

  // All watches are open at the same time, and the end of the servers ends them.
  beforeAll(async () => {
    for (const fastPath of ["on", "off"] as const) {
      const service = await startService(envOf(fastPath));
      services.push(service);
      const session = http2.connect(service.url);
      sessions.push(session);
      const begun: Promise<unknown>[] = [];
      for (const one of cases) {
        const call = watch(session, one);
        begun.push(call.begun);
        answered[fastPath].push(call.ended);
      }
      await Promise.all(begun);
      await service.stop();
    }
  });
  afterAll(() => {
    for (const session of sessions) session.destroy();
  });

  it.each(cases.map((one, i) => ({ ...one, i })))(
    "$method of $what over $framing is the same the fast way, taking '$coding'",
    async ({ i }) => {
      const lean = await answered.on[i]!;
      expect(lean).toEqual(await answered.off[i]!);
      expect(lean.messages.length + Object.keys(lean.headers).length).toBeGreaterThan(1);
    },
  );
});

/** The envelopes of an answer, but for what differs from server to server. */
function messagesOf(body: Buffer, contentOf: Watch["contentOf"]): readonly { flags: number; content: unknown }[] {
  const messages: { flags: number; content: unknown }[] = [];
  for (let at = 0; at + 5 <= body.length; ) {
    const flags = body[at]!;
    const end = at + 5 + body.readUInt32BE(at + 1);
    const data = body.subarray(at + 5, end);
    messages.push({ flags, content: flags > 1 ? endOf(data) : contentOf(flags === 1 ? gunzipSync(data) : data) });
    at = end;
  }
  return messages;
}

function eventOf(data: Buffer): unknown {
  const { event, model, changedFields, resumeToken } = fromBinary(WatchModelsResponseSchema, data);
  const { updateTime, ...rest } = model ?? {};
  return { event, model: rest, isTimed: updateTime !== undefined, changedFields, hasToken: resumeToken !== "" };
}

function endOf(data: Buffer): unknown {
  return data[0] === 0x7b ? JSON.parse(data.toString()) : data.toString().split("\r\n").sort();
}

function watch(
  session: http2.ClientHttp2Session,
  { method, framing, coding, body, contentOf, isBegun }: Watch,
): { readonly begun: Promise<unknown>; readonly ended: Promise<Answered> } {
  const encoding = framing.includes("connect") ? "connect-accept-encoding" : "grpc-accept-encoding";
  const stream = session.request({
    ...{ ":method": "POST", ":path": `/${method}`, "content-type": framing },
    ...(coding === "" ? {} : { [encoding]: coding }),
  });
  const pieces: Buffer[] = [];
  const messages = (): ReturnType<typeof messagesOf> => messagesOf(Buffer.concat(pieces), contentOf);
  const found: Record<string, unknown> = {};
  const note = (headers: http2.IncomingHttpHeaders): void => {
    for (const [name, value] of Object.entries(headers)) {
      if (/^:status$|^content-|^connect-|^grpc-|^vary$/.test(name)) found[name] = value;
    }
  };
  stream.on("response", note);
  stream.on("trailers", note);
  stream.on("data", (piece: Buffer) => pieces.push(piece));
  const ended = new Promise<Answered>((resolve, reject) => {
    stream.on("error", reject);
    stream.on("close", () => resolve({ messages: messages(), headers: found }));
  });
  const begun = new Promise((resolve) => {
    stream.on("data", () => messages().some(({ content }) => isBegun(content)) && resolve(undefined));
    stream.on("close", () => resolve(undefined));
  });
  stream.end(body);
  return { begun, ended };
}
