import { gzipSync } from "node:zlib";
import { frame } from "../../../test/support/frame.ts";
import { send } from "../../../test/support/http-client.ts";
import { sendRpc, type WireFormat, wireFormats } from "../../../test/support/raw-rpc.ts";
import type { Attack, Profile } from "../attack.ts";
import { inTime } from "../in-time.ts";
import { plainModel, typedModel, typedService, type Victim } from "../victim.ts";

const MiB = 1024 ** 2;
const registry = "/kserve.registry.v1.ModelRegistry";
const reflection = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
const methods = [
  ...["Check", "List", "Watch"].map((name) => `/grpc.health.v1.Health/${name}`),
  ...["ListModels", "GetModel", "WatchModels", "Predict", "EvaluateModel", "EvaluateTriggers"].map(
    (name) => `${registry}/${name}`,
  ),
  ...["ModelInfer", "ModelReady", "RepositoryIndex"].map((name) => `/inference.GRPCInferenceService/${name}`),
  typedService,
  reflection,
];

/** Field 15, which no request has, with the value 1. */
const unknownField = Buffer.from([0x78, 0x01]);
const unknownFields = Buffer.alloc(3 * MiB, unknownField);

const tooMuch = /^ResourceExhausted$/;
/** Another message behind the one that a method takes. */
const extra = /^Unimplemented$/;

/** Small on the wire, and large once it is decompressed and decoded. */
export const largeWhenDecoded: readonly Attack[] = [
  ...(["guarded", "open"] as const).flatMap((profile) => methods.map((path) => unknownFieldsTo(profile, path))),
  ...(["guarded", "open"] as const).map(queryOfEmptyObjects),
  {
    title: "9 MiB of empty objects in 12 KB of gzip, with a media type in upper case, to Health/Check, without a token",
    profile: "guarded",
    right: tooMuch,
    run: (victim) =>
      sendAs(victim, connectJson, "/grpc.health.v1.Health/Check", gzipSync(`{"x":[${list("{}", ",", 9 * MiB)}]}`), {
        "content-type": "APPLICATION/JSON",
        "content-encoding": "gzip",
      }),
  },
  json("a million lists of two numbers, to EvaluateModel", `${registry}/EvaluateModel`, "[0,0]", tooMuch),
  json("a million lists of two numbers, to Predict", `${registry}/Predict`, "[0,0]", /^ok$/),
  json("two million empty lists, to Predict", `${registry}/Predict`, "[]", tooMuch),
  json("a million objects, to EvaluateModel", `${registry}/EvaluateModel`, "{}", tooMuch),
  {
    title: "a million rows that are too short for their model, to predict over REST, 4 MiB",
    profile: "open",
    right: /^400$/,
    run: async ({ url }) => {
      const headers = { "content-type": "application/json" };
      const body = `{"instances":[${list("[1]", ",", 4 * MiB)}]}`;
      return String((await send("1.1", { url, path: `/v1/models/${typedModel}:predict`, headers, body })).status);
    },
  },
  {
    title: "half a million samples, to EvaluateTriggers by Connect",
    profile: "open",
    right: tooMuch,
    run: (victim) => sendJson(victim, `${registry}/EvaluateTriggers`, `{"samples":{${samples(500_000)}}}`),
  },
  {
    title: "as many samples as there may be, to EvaluateTriggers by Connect",
    profile: "open",
    right: /^ok$/,
    run: (victim) => sendJson(victim, `${registry}/EvaluateTriggers`, `{"samples":{${samples(4096)}}}`),
  },
  {
    title: "a million samples, to EvaluateTriggers over gRPC",
    profile: "open",
    right: tooMuch,
    // Of each a name of one character and null.
    run: (victim) =>
      sendAs(victim, grpc, `${registry}/EvaluateTriggers`, frame(delimited(0x0a, repeated(sample, 1_000_000)))),
  },
  {
    title: "four million empty lists, to Predict over gRPC",
    profile: "open",
    right: tooMuch,
    run: (victim) => predictOverGrpc(victim, delimited(0x12, repeated(emptyList, 4_000_000))),
  },
  {
    title: "a million rows of one number, to Predict over gRPC",
    profile: "open",
    // InvalidArgument where the machine is too busy to take the body within BODY_TIMEOUT.
    right: /^(ok|InvalidArgument)$/,
    run: (victim) => predictOverGrpc(victim, delimited(0x12, repeated(rowOfOne, 1_000_000))),
  },
  {
    title: "a tensor of two million numbers, to Predict by Connect, 4 MiB",
    profile: "open",
    right: /^ok$/,
    run: (victim) =>
      sendJson(
        victim,
        `${registry}/Predict`,
        `{"name":"${plainModel}","tensor":{"shape":[1000,2000],"values":[${list("1", ",", 2 * 2_000_000 - 1)}]}}`,
      ),
  },
  {
    title: "a tensor of 250,000 numbers of 17 digits, to Predict over gRPC, 2 MiB",
    profile: "open",
    right: /^(ok|InvalidArgument)$/,
    run: (victim) =>
      predictOverGrpc(
        victim,
        delimited(
          0x1a,
          Buffer.concat([shapeOf(500, 500), delimited(0x12, repeated(Buffer.alloc(8, "?1234567"), 250_000))]),
        ),
      ),
  },
  {
    title: "as many verdicts as there may be, from EvaluateModel by Connect",
    profile: "open",
    right: /^ok$/,
    run: (victim) =>
      sendJson(
        victim,
        `${registry}/EvaluateModel`,
        `{"name":"${plainModel}","instances":[${list("[0,0]", ",", 59_999)}]}`,
      ),
  },
  {
    title: "as many verdicts as there may be, from evaluate over REST",
    profile: "open",
    right: /^200$/,
    run: async ({ url }) => {
      const headers = { "content-type": "application/json" };
      const body = `{"instances":[${list("[0,0]", ",", 59_999)}]}`;
      return String((await send("1.1", { url, path: `/api/v1/models/${plainModel}/evaluate`, headers, body })).status);
    },
  },
  {
    title: "half a million samples, to triggers over REST",
    profile: "open",
    right: /^413$/,
    run: async ({ url }) => {
      const headers = { "content-type": "application/json" };
      const body = `{${samples(500_000)}}`;
      return String((await send("1.1", { url, path: "/api/v1/triggers/evaluate", headers, body })).status);
    },
  },
  {
    title: "4 MiB of lists of two numbers, to evaluate over REST",
    profile: "open",
    right: /^413$/,
    run: async ({ url }) => {
      const headers = { "content-type": "application/json" };
      const body = `{"instances":[${list("[0,0]", ",", 4 * MiB)}]}`;
      return String((await send("1.1", { url, path: `/api/v1/models/${plainModel}/evaluate`, headers, body })).status);
    },
  },
  {
    title: "rows without a cell, in 8 MiB of a typed request",
    profile: "open",
    right: tooMuch,
    run: (victim) =>
      // Field 1 of no bytes is a row in which all is left out.
      sendAs(victim, grpc, typedService, frame(Buffer.alloc(8 * MiB, Buffer.from([0x0a, 0x00])))),
  },
  {
    title: "1,500,000 empty envelopes in one unary call",
    profile: "guarded",
    right: extra,
    run: (victim) => sendAs(victim, grpc, `/grpc.health.v1.Health/Check`, Buffer.alloc(7_500_000)),
  },
  {
    title: "1,500,000 empty envelopes in one watch",
    profile: "open",
    right: extra,
    run: (victim) => sendAs(victim, grpc, `${registry}/WatchModels`, Buffer.alloc(7_500_000)),
  },
];

const grpc = wireFormats.find(({ protocol }) => protocol === "grpc")!;
const connectJson = wireFormats.find(({ name }) => name === "connect-json/1.1")!;

function unknownFieldsTo(profile: Profile, path: string): Attack {
  return {
    title: `3 MiB of unknown fields in 3 KB of gzip, to ${path.slice(1)}${profile === "guarded" ? ", without a token" : ""}`,
    profile,
    // Health is for everybody.
    right: profile === "guarded" && !path.startsWith("/grpc.health.") ? /^Unauthenticated$/ : tooMuch,
    run: (victim) => sendAs(victim, grpc, path, frame(gzipSync(unknownFields), 1), { "grpc-encoding": "gzip" }),
  };
}

function queryOfEmptyObjects(profile: Profile): Attack {
  return {
    title: `11 MiB of empty objects in 14 KB of gzip, in the query of a GET of ListModels${profile === "guarded" ? ", without a token" : ""}`,
    profile,
    right: profile === "guarded" ? /^401$/ : /^429$/,
    run: async ({ url }) => {
      const message = gzipSync(`{"x":[${list("{}", ",", 11 * MiB)}]}`).toString("base64url");
      const path = `${registry}/ListModels?connect=v1&encoding=json&base64=1&compression=gzip&message=${message}`;
      return inTime(send("1.1", { url, path }).then(({ status }) => String(status)));
    },
  };
}

function json(title: string, path: string, item: string, right: RegExp): Attack {
  return {
    title: `${title} by Connect, 4 MiB`,
    profile: "open",
    right,
    run: (victim) => sendJson(victim, path, `{"name":"${plainModel}","instances":[${list(item, ",", 4 * MiB)}]}`),
  };
}

/** Parts of messages: an entry of a Struct, values of a ListValue, and the name of a model. */
const sample = Buffer.from([0x0a, 0x07, 0x0a, 0x01, 0x61, 0x12, 0x02, 0x08, 0x00]);
const emptyList = Buffer.from([0x0a, 0x02, 0x32, 0x00]);
const rowOfOne = Buffer.from([0x0a, 0x0d, 0x32, 0x0b, 0x0a, 0x09, 0x11, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f]);
const predictName = delimited(0x0a, Buffer.from(plainModel));

/** The shape of a Tensor of two dimensions. */
function shapeOf(rows: number, columns: number): Buffer {
  return delimited(0x0a, Buffer.concat([varint(rows), varint(columns)]));
}

function delimited(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), varint(content.length), content]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    bytes.push(rest < 0x80 ? rest : (rest & 0x7f) | 0x80);
    if (rest < 0x80) return Buffer.from(bytes);
  }
}

function repeated(item: Buffer, count: number): Buffer {
  return Buffer.alloc(item.length * count, item);
}

function list(item: string, between: string, bytes: number): string {
  return item + (between + item).repeat(Math.floor((bytes - item.length) / (item.length + between.length)));
}

function samples(count: number): string {
  return Array.from({ length: count }, (_, i) => `"m${i}":1`).join(",");
}

function predictOverGrpc(victim: Victim, input: Buffer): Promise<string> {
  return sendAs(victim, grpc, `${registry}/Predict`, frame(Buffer.concat([predictName, input])));
}

function sendJson(victim: Victim, path: string, body: string): Promise<string> {
  return sendAs(victim, connectJson, path, Buffer.from(body));
}

async function sendAs(
  { url }: Victim,
  format: WireFormat,
  path: string,
  body: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): Promise<string> {
  return inTime(sendRpc(format, { url, path, body, headers }).then(({ code }) => code));
}
