import http from "node:http";
import http2 from "node:http2";
import type { AddressInfo } from "node:net";
import { create, fromBinary, fromJson, type JsonValue, toBinary, toJson } from "@bufbuild/protobuf";
import { ListValueSchema } from "@bufbuild/protobuf/wkt";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PredictRequestSchema, PredictResponseSchema } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { type Service, startService } from "../../../src/compose/service.ts";
import { cases } from "../../support/cases.ts";

/**
 * Every request goes to two services that differ in FAST_PATH alone, and gets the same status, details and message.
 * DIFFERENTIAL_RUNS sets how many requests are made for each protocol; `npm run fuzz:lean` makes 25,000 for each.
 */
const runs = Number(process.env.DIFFERENTIAL_RUNS ?? Math.max(200, cases(400)));
const path = "/kserve.registry.v1.ModelRegistry/Predict";

const answers = new Map<string, Buffer>();
let upstream: http.Server;
let lean: Service;
let plain: Service;
const agent = new http.Agent({ keepAlive: true, maxSockets: 4 });
const sessions = new Map<Service, http2.ClientHttp2Session>();

beforeAll(async () => {
  // The request id goes on to the model, so it can choose the answer.
  upstream = http.createServer((request, response) => {
    request.resume();
    const answer = answers.get(String(request.headers["x-request-id"])) ?? Buffer.from("{}");
    request.on("end", () => response.writeHead(200, { "content-length": answer.length }).end(answer));
  });
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
  const env = {
    PORT: "0",
    HOST: "127.0.0.1",
    LOG_LEVEL: "silent",
    KSERVE_READINESS_INTERVAL: "0",
    MAX_JSON_DEPTH: "16",
    MAX_REQUEST_SIZE: "4KiB",
    KSERVE_MODEL_REGISTRY: JSON.stringify([
      { name: "bare", url, type: "anomaly" },
      {
        name: "declared",
        url,
        type: "anomaly",
        inputFeatures: ["a", { name: "b", type: "number", min: 0, default: 1 }],
      },
      {
        name: "bounded",
        url,
        type: "anomaly",
        inputFeatures: [
          { name: "a", type: "number", min: -1e9, max: 123456789.125 },
          { name: "b", type: "integer" },
        ],
      },
    ]),
  };
  lean = await startService(env);
  plain = await startService({ ...env, FAST_PATH: "off" });
  for (const service of [lean, plain]) sessions.set(service, http2.connect(service.url));
});

afterAll(async () => {
  for (const session of sessions.values()) session.destroy();
  agent.destroy();
  await Promise.all([lean.stop(), plain.stop()]);
  upstream.close();
});

interface Sent {
  readonly contentType: string;
  readonly body: Buffer;
  readonly id: string;
}

interface Received {
  readonly status: number;
  readonly contentType: string | undefined;
  readonly trailers: Record<string, string>;
  readonly body: Buffer;
}

function overHttp1(service: Service, { contentType, body, id }: Sent): Promise<Received> {
  return new Promise((resolve, reject) => {
    const headers = { "content-type": contentType, "x-request-id": id };
    const request = http.request(service.url + path, { method: "POST", agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers["content-type"],
          trailers: {},
          body: Buffer.concat(chunks),
        }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });
}

function overHttp2(service: Service, { contentType, body, id }: Sent): Promise<Received> {
  return new Promise((resolve, reject) => {
    const stream = sessions.get(service)!.request({
      ":method": "POST",
      ":path": path,
      "content-type": contentType,
      "x-request-id": id,
      te: "trailers",
    });
    const chunks: Buffer[] = [];
    let head: http2.IncomingHttpHeaders = {};
    let trailers: http2.IncomingHttpHeaders = {};
    stream.on("response", (headers) => {
      head = headers;
    });
    stream.on("trailers", (headers) => {
      trailers = headers;
    });
    stream.on("data", (chunk) => chunks.push(chunk));
    stream.on("end", () => {
      // A call that fails before its first message has them in its head.
      const named = Object.entries({ ...head, ...trailers }).filter(([name]) => name.startsWith("grpc-"));
      resolve({
        status: Number(head[":status"]),
        contentType: head["content-type"],
        trailers: Object.fromEntries(named) as Record<string, string>,
        body: Buffer.concat(chunks),
      });
    });
    stream.on("error", reject);
    stream.end(body);
  });
}

/** An answer without what may differ: the order of bytes in JSON and of trailers. */
function meaning({ status, contentType, trailers, body }: Received, protocol: string): unknown {
  if (protocol === "connect-json" || contentType === "application/json") {
    return { status, contentType, json: body.length === 0 ? "" : JSON.parse(body.toString()) };
  }
  if (protocol === "connect-proto") return { status, contentType, message: messageIn(body) };
  const frames: unknown[] = [];
  for (let at = 0; at + 5 <= body.length; ) {
    const length = body.readUInt32BE(at + 1);
    const content = body.subarray(at + 5, at + 5 + length);
    frames.push(body[at] === 0x80 ? content.toString().split("\r\n").sort() : messageIn(content));
    at += 5 + length;
  }
  return { status, contentType, trailers, frames };
}

function messageIn(bytes: Buffer): unknown {
  return bytes.length === 0 ? "" : toJson(PredictResponseSchema, fromBinary(PredictResponseSchema, bytes));
}

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer(),
  fc.constantFrom(0, -0, 1e21, 5e-324, -2.5e-310, 2 ** 53, 0.1, 1e-7, 123456789.125),
);
/** Numbers as JSON text has them and JSON.stringify does not write them. */
const literal = fc.oneof(
  fc.constantFrom(
    "-0",
    "-0.0",
    "0e0",
    "1E5",
    "1e-400",
    "1e400",
    "-1e999",
    "5e-324",
    "2.5e-324",
    "2.2250738585072011e-308",
  ),
  fc.constantFrom(
    "9007199254740993",
    "123456789012345678901234567890",
    "0.1000000000000000055511151231257827",
    "NaN",
    "01",
    "1.",
  ),
  fc.stringMatching(/^-?(0|[1-9]\d{0,20})(\.\d{1,20})?([eE][+-]?\d{1,3})?$/),
);
const row = fc.oneof(
  fc.array(number, { maxLength: 3 }),
  fc.tuple(number, number),
  fc.tuple(number, fc.integer()),
  fc.record({ a: number, b: number }, { requiredKeys: [] }),
  fc.jsonValue({ maxDepth: 3 }),
);
const input = fc.oneof(
  fc.array(row, { maxLength: 4 }).map((instances) => ({ instances })),
  fc
    .tuple(fc.array(fc.nat(3), { maxLength: 3 }), fc.array(fc.double(), { minLength: 27, maxLength: 27 }), fc.nat(9))
    .map(([shape, values, off]) => {
      const product = shape.reduce((x, y) => x * y, 1);
      return { tensor: { shape, values: values.slice(0, off === 0 ? product + 1 : product) } };
    }),
  literal.map((text) => ({ literal: text })),
  literal.map((text) => ({ text: `{"instances":[[${text}]]}` })),
  fc.oneof(fc.json(), fc.constantFrom('{"instances":[1]}', '{"instances":[[1,2]]}', "{}")).map((text) => ({ text })),
);
function seldom<T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> {
  return fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
}

const asked = fc.record({
  name: fc.constantFrom("bare", "bare", "declared", "declared", "bounded", "bounded", "nope", "No Such", ""),
  input,
  parameters: seldom(fc.dictionary(fc.string({ maxLength: 3 }), number, { maxKeys: 2 })),
  /** By how much the length of a gRPC message is wrong. */
  lengthOff: seldom(fc.integer({ min: -3, max: 3 })),
  /** A form that encoders do not write: a field that nobody knows, one twice, a list in two pieces, another order. */
  oddity: seldom(fc.constantFrom("unknown" as const, "again" as const, "split" as const, "nameLast" as const)),
});
/** Predictions, of which as many are taken as there are instances, or a whole answer. */
const answer = fc.oneof(
  { weight: 3, arbitrary: fc.array(fc.oneof(number, fc.jsonValue({ maxDepth: 3 })), { minLength: 4, maxLength: 4 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '{"predictions":[NaN]}',
      '{"predictions":[1,Infinity]}',
      '{"predictions":[[NaN,-Infinity],{"a":NaN}]}',
      '{"predictions":[-0,5e-324,1e-400,0.1000000000000000055511151231257827]}',
      '{"predictions":[01]}',
      '{"predictions":[1],"predictions":[2]}',
      '{"predictions":[1e999]}',
      '{"predictions":[9007199254740993]}',
      '{"predictions":[1],"model_version":"v2","x":{"y":[1]}}',
      '{"predictions":[{"b":1,"a":2}],"model_name":"other"}',
      '{"predictions":[[1,2]]}',
      '{"predictions":null,"message":"bad"}',
      "<html>",
      "",
    ),
  },
);

function answerText(one: Asked, chosen: string | unknown[]): string {
  if (typeof chosen === "string") return chosen;
  const { input: given } = one;
  const count = "instances" in given ? given.instances.length : "tensor" in given ? (given.tensor.shape[0] ?? 1) : 1;
  return JSON.stringify({ predictions: chosen.slice(0, count) });
}

const damage = seldom(fc.record({ at: fc.nat(), byte: fc.nat(255), cut: fc.boolean() }));

type Asked = typeof asked extends fc.Arbitrary<infer T> ? T : never;

function protoMessage({ name, input: given, parameters, oddity }: Asked): Buffer {
  const encode = (init: object): Buffer =>
    Buffer.from(toBinary(PredictRequestSchema, create(PredictRequestSchema, init as never)));
  const message = encode({ name, ...(parameters === undefined ? {} : { parameters }), input: protoInput(given) });
  switch (oddity) {
    case "unknown":
      // Field 127, two bytes.
      return Buffer.concat([message, Buffer.from([0xfa, 0x07, 2, 1, 2])]);
    case "again":
      return Buffer.concat([message, encode({ name: "bare" })]);
    case "split":
      return Buffer.concat([message, encode({ input: protoInput({ instances: [[1, 2]] }) })]);
    default:
      return message;
  }
}

function protoInput(given: Asked["input"]) {
  if ("tensor" in given) return { case: "tensor", value: given.tensor };
  if ("text" in given) return { case: "body", value: Buffer.from(given.text) };
  if ("instances" in given)
    return { case: "instances", value: fromJson(ListValueSchema, given.instances as JsonValue[]) };
  const value = { kind: { case: "numberValue", value: Number(given.literal) } };
  return { case: "instances", value: { values: [value] } };
}

function jsonMessage({ name, input: given, parameters, oddity }: Asked): Buffer {
  const body = "text" in given ? { body: Buffer.from(given.text).toString("base64") } : given;
  const json = "literal" in given ? { name } : { name, ...body, ...(parameters === undefined ? {} : { parameters }) };
  // The name comes last in some, when the rows have gone by.
  const ordered = oddity === "nameLast" ? Object.fromEntries(Object.entries(json).reverse()) : json;
  const members = [JSON.stringify(ordered).slice(1, -1)];
  if ("literal" in given) members.push(`"instances":[[${given.literal}]]`);
  if (oddity === "unknown") members.push('"zzz":{"a":[1]}');
  if (oddity === "again") members.push('"name":"bare"');
  if (oddity === "split") members.push('"instances":[[1,2]]');
  return Buffer.from(`{${members.join(",")}}`);
}

function framed(message: Buffer, lengthOff = 0): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(Math.max(0, message.length + lengthOff), 1);
  return Buffer.concat([head, message]);
}

function damaged(body: Buffer, how: { at: number; byte: number; cut: boolean } | undefined): Buffer {
  if (how === undefined || body.length === 0) return body;
  if (how.cut) return body.subarray(0, how.at % body.length);
  const changed = Buffer.from(body);
  changed[how.at % changed.length] = how.byte;
  return changed;
}

describe("the fast path and Connect give the same answer", () => {
  it.each([
    ["grpc", "application/grpc", overHttp2, (one: Asked) => framed(protoMessage(one), one.lengthOff)],
    ["grpc-web", "application/grpc-web+proto", overHttp1, (one: Asked) => framed(protoMessage(one), one.lengthOff)],
    ["connect-proto", "application/proto", overHttp1, protoMessage],
    ["connect-json", "application/json", overHttp1, jsonMessage],
  ] as const)(
    "over %s",
    async (protocol, contentType, send, encode) => {
      let count = 0;
      let succeeded = 0;
      await fc.assert(
        fc.asyncProperty(asked, answer, damage, async (one, chosen, how) => {
          const id = `${protocol}-${count++}`;
          answers.set(id, Buffer.from(answerText(one, chosen)));
          const sent = { contentType, id, body: damaged(encode(one), how) };
          const [fast, general] = await Promise.all([send(lean, sent), send(plain, sent)]);
          answers.delete(id);
          if (fast.status === 200 && fast.trailers["grpc-status"] !== "3") succeeded++;
          expect(meaning(fast, protocol)).toEqual(meaning(general, protocol));
        }),
        { numRuns: runs },
      );
      // A comparison of refusals alone would show little.
      expect(succeeded).toBeGreaterThan(0);
    },
    600_000,
  );
});
