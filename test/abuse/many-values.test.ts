import { brotliCompressSync, gzipSync } from "node:zlib";
import type { DescMessage, MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { EvaluateTriggersRequestSchema, PredictRequestSchema } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { frame, framed } from "../support/frame.ts";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import {
  binaryFormats,
  envelopedFormats,
  jsonFormats,
  sendRpc,
  type WireFormat,
  wireFormats,
} from "../support/raw-rpc.ts";
import { model, startRegistry } from "../support/running-service.ts";

const registry = "/kserve.registry.v1.ModelRegistry";
const json = { "content-type": "application/json" };
const env = { MAX_MESSAGE_VALUES: "1000", MAX_QUERY_SIZE: "1KiB" };
const rows = (count: number): string => Array<string>(count).fill("[1]").join(",");

describe("a request of many values", () => {
  it.each(jsonFormats)("is refused before it is decoded, over $name", async (format) => {
    const { url, upstream } = await startRegistry({ env });
    const body = `{"name":"${model}","instances":[${rows(600)}]}`;
    const answer = await sendRpc(format, { url, path: `${registry}/EvaluateModel`, body });
    expect(answer).toMatchObject({ code: "ResourceExhausted", reason: "REQUEST_TOO_LARGE" });
    expect(answer.message).toContain("MAX_MESSAGE_VALUES");
    expect(upstream.predictions).toEqual([]);
  });

  it("is predicted all the same where no objects are made of it", async () => {
    const { url } = await startRegistry({ env });
    const body = `{"name":"${model}","instances":[${rows(600)}]}`;
    for (const format of jsonFormats) {
      expect((await sendRpc(format, { url, path: `${registry}/Predict`, body })).code).toBe("ok");
    }
  });

  it("is evaluated all the same where no objects are made of it, and there are not too many verdicts", async () => {
    const { url } = await startRegistry({ env });
    const wide = `[${Array<number>(20).fill(1).join(",")}]`;
    const instances = Array<string>(100).fill(wide).join(",");
    const body = `{"name":"${model}","instances":[${instances}]}`;
    for (const format of jsonFormats) {
      expect((await sendRpc(format, { url, path: `${registry}/EvaluateModel`, body })).code).toBe("ok");
    }
  });

  it("is refused before the model is called, where each of them would become a verdict", async () => {
    const { url, upstream } = await startRegistry({ env });
    const path = `/api/v1/models/${model}/evaluate`;
    const answer = await send("1.1", { url, path, headers: json, body: `{"instances":[${rows(201)}]}` });
    expect([answer.status, answer.headers["x-error-reason"]]).toEqual([413, "REQUEST_TOO_LARGE"]);
    expect(upstream.predictions).toEqual([]);
    const fits = await send("1.1", { url, path, headers: json, body: `{"instances":[${rows(200)}]}` });
    expect(fits.status).toBe(200);
  });

  it.each([
    ["objects", "{}"],
    ["objects with members", '{"a":1}'],
    ["empty lists", "[]"],
    ["lists of lists", "[[]]"],
    ["texts", '""'],
    ["numbers with an exponent", "1e1"],
    ["nulls in rows", "[null]"],
  ])("is refused before it is read to its end where it passes on as text, of %s", async (_title, item) => {
    const { url, upstream } = await startRegistry({ env });
    const list = `[${Array<string>(6000).fill(item).join(",")}]`;
    const body = `{"name":"${model}","instances":${list}}`;
    for (const format of jsonFormats) {
      const answer = await sendRpc(format, { url, path: `${registry}/Predict`, body });
      expect(answer).toMatchObject({ code: "ResourceExhausted", reason: "REQUEST_TOO_LARGE" });
      expect(answer.message).toContain("five times MAX_MESSAGE_VALUES");
    }
    const tensor = `{"name":"x","datatype":"BYTES","shape":[6000],"data":${list}}`;
    for (const [path, asked] of [
      [`/v2/models/${model}/infer`, `{"inputs":[${tensor}]}`],
      [`/v1/models/${model}:predict`, `{"instances":${list}}`],
      [`/v1/models/${model}:predict`, `{"inputs":${list}}`],
    ] as const) {
      const answer = await send("1.1", { url, path, headers: json, body: asked });
      expect([answer.status, answer.headers["x-error-reason"]]).toEqual([413, "REQUEST_TOO_LARGE"]);
    }
    expect(upstream.predictions).toEqual([]);
  });

  it("is refused before it is parsed, where it is of samples", async () => {
    const { url } = await startRegistry({ env });
    const samples = Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`m${i}`, i]));
    const request = { url, path: "/api/v1/triggers/evaluate", headers: json, body: JSON.stringify(samples) };
    const answer = await send("1.1", request);
    expect([answer.status, JSON.stringify(jsonOf(answer))]).toEqual([
      413,
      expect.stringContaining("MAX_MESSAGE_VALUES"),
    ]);
  });
});

describe.each(["on", "off"])("samples beyond what is taken, with the fast path %s,", (fastPath) => {
  it.each([4097, 20_000])("are refused in every protocol: %i of them", async (length) => {
    const { url } = await startRegistry({ env: { FAST_PATH: fastPath } });
    const samples = Object.fromEntries(Array.from({ length }, (_, i) => [`m${i}`, i]));
    for (const format of wireFormats) {
      const message = jsonFormats.includes(format)
        ? JSON.stringify({ samples })
        : bodyIn(format, EvaluateTriggersRequestSchema, { samples });
      const answer = await sendRpc(format, { url, path: `${registry}/EvaluateTriggers`, body: message });
      expect([format.name, answer.code, answer.reason]).toEqual([
        format.name,
        "ResourceExhausted",
        "REQUEST_TOO_LARGE",
      ]);
      expect(answer.message).toContain("4096 samples");
    }
    const request = { url, path: "/api/v1/triggers/evaluate", headers: json, body: JSON.stringify(samples) };
    const answer = await send("1.1", request);
    expect([answer.status, JSON.stringify(jsonOf(answer))]).toEqual([413, expect.stringContaining("4096 samples")]);
  });

  it("are taken up to the limit", async () => {
    const { url } = await startRegistry({ env: { FAST_PATH: fastPath } });
    const samples = Object.fromEntries(Array.from({ length: 4096 }, (_, i) => [`m${i}`, i]));
    for (const format of wireFormats) {
      const message = jsonFormats.includes(format)
        ? JSON.stringify({ samples, type: "MODEL_TYPE_ANOMALY", namespace: "ns", cluster: "c" })
        : bodyIn(format, EvaluateTriggersRequestSchema, { samples });
      const answer = await sendRpc(format, { url, path: `${registry}/EvaluateTriggers`, body: message });
      expect([format.name, answer.code]).toEqual([format.name, "ok"]);
    }
  });
});

it.each(binaryFormats)(
  "a message of many values is refused before it is read to its end, over $name",
  async (format) => {
    const { url, upstream } = await startRegistry({ env });
    const emptyList = { kind: { case: "listValue", value: {} } } as const;
    const values = (count: number) => ({ name: model, input: instancesOf(Array(count).fill(emptyList)) });
    const path = `${registry}/Predict`;
    const refused = await sendRpc(format, { url, path, body: bodyIn(format, PredictRequestSchema, values(5001)) });
    expect(refused).toMatchObject({ code: "ResourceExhausted", reason: "REQUEST_TOO_LARGE" });
    expect(refused.message).toContain("5000 values besides rows of numbers");
    expect(upstream.predictions).toEqual([]);
    expect((await sendRpc(format, { url, path, body: bodyIn(format, PredictRequestSchema, values(5000)) })).code).toBe(
      "ok",
    );
    const row = {
      kind: { case: "listValue", value: { values: [{ kind: { case: "numberValue", value: 1 } }] } },
    } as const;
    const rowsOnly = { name: model, input: instancesOf(Array(9000).fill(row)) };
    expect((await sendRpc(format, { url, path, body: bodyIn(format, PredictRequestSchema, rowsOnly) })).code).toBe(
      "ok",
    );
  },
);

function bodyIn<Desc extends DescMessage>({ protocol }: WireFormat, desc: Desc, value: MessageInitShape<Desc>): Buffer {
  const message = framed(desc, value);
  return protocol === "connect" ? message.subarray(5) : message;
}

function instancesOf(values: readonly object[]) {
  return { case: "instances", value: { values } } as never;
}

describe("a record of many values", () => {
  it("is refused before it is parsed", async () => {
    const { url } = await startRegistry({ env: { ...env, DATABASE_URL: "sqlite::memory:" } });
    const request = { url, path: "/api/model_registry/v1/registered_models", headers: json };
    const list = Array<number>(1001).fill(1).join(",");
    const answer = await send("1.1", { ...request, body: `{"name":"wide","customProperties":[${list}]}` });
    expect([answer.status, answer.body]).toEqual([413, expect.stringContaining("MAX_MESSAGE_VALUES")]);
  });
});

describe("a message above the limit of its method", () => {
  it.each(["ListModels", "GetModel", "WatchModels"])("is refused, to %s", async (method) => {
    const { url } = await startRegistry({ env });
    for (const format of envelopedFormats) {
      const body = framed(PredictRequestSchema, { name: "x".repeat(2000) });
      const answer = await sendRpc(format, { url, path: `${registry}/${method}`, body });
      expect([format.name, answer.code]).toEqual([format.name, "ResourceExhausted"]);
      expect(answer.message).toContain("MAX_QUERY_SIZE");
    }
  });
});

describe.each(["on", "off"])("the limits of messages, with the fast path %s,", (fastPath) => {
  const objects = gzipSync(`{"x":[${"{},".repeat(100_000)}{}]}`);
  const fields = gzipSync(Buffer.alloc(1024 ** 2, Buffer.from([0x78, 1])));
  const upper = (contentType: string) => [
    contentType.toUpperCase(),
    contentType.replace(/[a-z]+$/, (end) => end.toUpperCase()),
    contentType.replace("application", "Application"),
  ];

  it.each(wireFormats)("hold for media types in upper case, over $name", async (format) => {
    const { url } = await startRegistry({ env: { FAST_PATH: fastPath } });
    const { contentType } = format;
    const isUnary = format.protocol === "connect";
    const message = contentType.endsWith("json") ? objects : fields;
    const names = { connect: "content-encoding", grpc: "grpc-encoding", "grpc-web": "grpc-encoding" } as const;
    for (const path of [`${registry}/ListModels`, "/grpc.health.v1.Health/Check"]) {
      for (const written of upper(contentType)) {
        const answer = await sendRpc(format, {
          url,
          path,
          body: isUnary ? message : frame(message, 1),
          headers: { "content-type": written, [names[format.protocol]]: "gzip" },
        });
        expect([path, written, answer.code]).toEqual([path, written, "ResourceExhausted"]);
      }
    }
  });
});

describe.each(httpVersions)("a compressed message in the query of a GET over HTTP/%s", (version) => {
  const compress = { gzip: gzipSync, br: brotliCompressSync };
  const asked = (path: string, encoding: string, compression: keyof typeof compress, message: string | Buffer) => {
    const text = compress[compression](message).toString("base64url");
    return `${path}?connect=v1&encoding=${encoding}&base64=1&compression=${compression}&message=${text}`;
  };
  const unknownFields = Buffer.alloc(3 * 1024 ** 2, Buffer.from([0x78, 1]));
  const emptyObjects = `{"x":[${"{},".repeat(3_500_000)}{}]}`;

  it.each(["gzip", "br"] as const)("is refused as it is decompressed, with %s", async (compression) => {
    const { url } = await startRegistry();
    for (const method of ["ListModels", "GetModel"]) {
      for (const [encoding, message] of [
        ["proto", unknownFields],
        ["json", emptyObjects],
      ] as const) {
        const path = asked(`${registry}/${method}`, encoding, compression, message);
        const answer = await send(version, { url, path });
        expect([answer.status, jsonOf(answer)]).toEqual([
          429,
          expect.objectContaining({ code: "resource_exhausted", message: expect.stringContaining("MAX_QUERY_SIZE") }),
        ]);
      }
    }
  });

  it("is refused where it has too many values", async () => {
    const { url } = await startRegistry({ env: { ...env, MAX_QUERY_SIZE: "64KiB" } });
    const path = asked(`${registry}/ListModels`, "json", "gzip", `{"x":[${"{},".repeat(2000)}{}]}`);
    const answer = await send(version, { url, path });
    expect([answer.status, answer.body]).toEqual([429, expect.stringContaining("MAX_MESSAGE_VALUES")]);
  });

  it("is refused where it is not compressed so", async () => {
    const { url } = await startRegistry();
    const path = `${registry}/ListModels?connect=v1&encoding=json&base64=1&compression=gzip&message=e30`;
    const answer = await send(version, { url, path });
    expect([answer.status, jsonOf(answer)]).toEqual([400, expect.objectContaining({ code: "invalid_argument" })]);
  });

  it.each(["gzip", "br"] as const)("is answered where it is small, with %s", async (compression) => {
    const { url } = await startRegistry();
    const path = asked(`${registry}/GetModel`, "json", compression, JSON.stringify({ name: model }));
    expect(jsonOf(await send(version, { url, path }))).toMatchObject({ model: { name: model } });
  });
});

describe("a second message of a call that has one", () => {
  it.each(envelopedFormats)("is refused as it begins, over $name", async (format) => {
    const { url } = await startRegistry({ env });
    const body = Buffer.alloc(5 * 1000);
    const answer = await sendRpc(format, { url, path: "/grpc.health.v1.Health/Check", body });
    expect(answer.code).toBe("Unimplemented");
  });
});
