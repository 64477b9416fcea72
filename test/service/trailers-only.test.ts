import { type ClientHttp2Session, connect, constants, type IncomingHttpHeaders } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { encodeEnvelope } from "@connectrpc/connect/protocol";
import { credentials, Metadata, makeClientConstructor, type ServiceError } from "@grpc/grpc-js";
import { describe, expect, it, onTestFinished } from "vitest";
import { HealthCheckRequestSchema } from "../../gen/grpc/health/v1/health_pb.ts";
import type { ModelType } from "../../gen/kserve/registry/v1/model_pb.ts";
import {
  EvaluateModelRequestSchema,
  EvaluateTriggersRequestSchema,
  GetModelRequestSchema,
  ListModelsRequestSchema,
  PredictRequestSchema,
  WatchModelsRequestSchema,
} from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { bearer, startGuarded } from "../access/support/guarded-service.ts";
import { blocksOf, readPage } from "../docs/snippets.ts";
import { answer, inTurn, predict } from "../support/fake-upstream.ts";
import { model, startRegistry } from "../support/running-service.ts";

interface Answered {
  readonly head: IncomingHttpHeaders;
  /** Whether the head ended the stream. */
  readonly ended: boolean;
  readonly trailers: IncomingHttpHeaders | undefined;
}

function openSession(url: string): ClientHttp2Session {
  const session = connect(url);
  onTestFinished(() => session.destroy());
  return session;
}

function call(
  session: ClientHttp2Session,
  path: string,
  message: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ":method": "POST",
      ":path": path,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    let head: IncomingHttpHeaders = {};
    let ended = false;
    let trailers: IncomingHttpHeaders | undefined;
    stream.on("response", (received, flags) => {
      head = received;
      ended = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    });
    stream.on("trailers", (received) => {
      trailers = received;
    });
    stream.on("error", reject);
    stream.on("close", () => resolve({ head, ended, trailers }));
    stream.resume();
    stream.end(encodeEnvelope(0, message));
  });
}

const registry = "/kserve.registry.v1.ModelRegistry";
const row = { case: "body", value: Buffer.from('{"instances":[[1]]}') } as const;
const predictOf = (name: string): Uint8Array =>
  toBinary(PredictRequestSchema, create(PredictRequestSchema, { name, input: row }));

/** A failing call of every RPC, and the code that it fails with. */
const failing: readonly (readonly [string, string, Uint8Array, number])[] = [
  [
    "ListModels",
    `${registry}/ListModels`,
    toBinary(ListModelsRequestSchema, create(ListModelsRequestSchema, { pageSize: -1 })),
    3,
  ],
  [
    "GetModel",
    `${registry}/GetModel`,
    toBinary(GetModelRequestSchema, create(GetModelRequestSchema, { name: "nope" })),
    5,
  ],
  ["Predict", `${registry}/Predict`, predictOf("nope"), 5],
  [
    "EvaluateModel",
    `${registry}/EvaluateModel`,
    toBinary(EvaluateModelRequestSchema, create(EvaluateModelRequestSchema, { name: "nope", input: row })),
    5,
  ],
  [
    "EvaluateTriggers",
    `${registry}/EvaluateTriggers`,
    toBinary(EvaluateTriggersRequestSchema, create(EvaluateTriggersRequestSchema, { type: 77 as ModelType })),
    3,
  ],
  [
    "WatchModels",
    `${registry}/WatchModels`,
    toBinary(WatchModelsRequestSchema, create(WatchModelsRequestSchema, { type: 77 as ModelType })),
    3,
  ],
  [
    "Health/Check",
    "/grpc.health.v1.Health/Check",
    toBinary(HealthCheckRequestSchema, create(HealthCheckRequestSchema, { service: "nope" })),
    5,
  ],
  ["a message that is not protobuf", `${registry}/Predict`, Buffer.from([0xff]), 3],
  ["a stream with a message that is not protobuf", `${registry}/WatchModels`, Buffer.from([0xff]), 3],
  ["an unknown method", `${registry}/Nope`, new Uint8Array(), 12],
  ["an unknown service", "/a.B/C", new Uint8Array(), 12],
  ["a typed service of a model that is not there", "/kserve.models.nope.v1.Nope/Predict", new Uint8Array(), 12],
];

describe.each(["on", "off"])("an error before the first message, the fast path %s", (fastPath) => {
  it.each(failing)("of %s is one frame, which ends the stream", async (_title, path, message, code) => {
    const { url } = await startRegistry({ env: { FAST_PATH: fastPath } });
    const { head, ended, trailers } = await call(openSession(url), path, message);
    expect({ status: head[":status"], code: head["grpc-status"], ended, trailers }).toEqual({
      status: 200,
      code: String(code),
      ended: true,
      trailers: undefined,
    });
    expect(head["content-type"]).toMatch(/^application\/grpc/);
    expect(head["grpc-message"]).toBeTruthy();
    expect(head["x-request-id"]).toBeTruthy();
  });

  it("of a call without a token is one frame, which ends the stream", async () => {
    const { url } = await startGuarded({ FAST_PATH: fastPath });
    const { head, ended } = await call(openSession(url), `${registry}/Predict`, predictOf("mine"));
    expect([head["grpc-status"], ended]).toEqual(["16", true]);
    const { head: forged } = await call(openSession(url), `${registry}/Predict`, predictOf("mine"), bearer("x.y.z"));
    expect(forged["grpc-status"]).toBe("16");
  });

  it("is what a client needs to try again, with the service config of docs/API.md", async () => {
    const { url, upstream } = await startRegistry({ env: { FAST_PATH: fastPath } });
    // Words that do not say that the model has not begun: the service itself does not try again.
    upstream.onPredict(model, inTurn(answer(503, "busy"), answer(503, "busy"), predict([7])));
    const identity = (bytes: Uint8Array): Buffer => Buffer.from(bytes);
    const Client = makeClientConstructor(
      {
        predict: {
          path: `${registry}/Predict`,
          requestStream: false,
          responseStream: false,
          requestSerialize: identity,
          requestDeserialize: identity,
          responseSerialize: identity,
          responseDeserialize: identity,
        },
      },
      "ModelRegistry",
    );
    const client = new Client(url.replace("http://", ""), credentials.createInsecure(), {
      "grpc.service_config": blocksOf(readPage("docs/API.md"), "json").find((block) => block.includes("retryPolicy"))!,
    });
    onTestFinished(() => client.close());
    const received = await new Promise<Uint8Array>((resolve, reject) => {
      const done = (error: ServiceError | null, bytes: Uint8Array): void => (error ? reject(error) : resolve(bytes));
      (client as unknown as { predict: (...given: unknown[]) => void }).predict(
        predictOf(model),
        new Metadata(),
        { deadline: Date.now() + 5000 },
        done,
      );
    });
    expect(received.length).toBeGreaterThan(0);
    expect(upstream.predictions).toHaveLength(3);
  });
});
