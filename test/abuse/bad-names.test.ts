import { create, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { GetModelRequestSchema, PredictRequestSchema } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { rows } from "../support/clients.ts";
import { frame } from "../support/frame.ts";
import { httpVersions, send } from "../support/http-client.ts";
import { sendRpc, type WireFormat, wireFormats } from "../support/raw-rpc.ts";
import { abusedService } from "./abused-service.ts";

const abused = abusedService();

/** Names that no model can have. */
const names: readonly (readonly [string, string])[] = [
  ["nothing", ""],
  ["slashes", "a/b"],
  ["dots that climb", "../../etc/passwd"],
  ["a dot", "a.b"],
  ["a control character", "a\u0000b"],
  ["a line break", "a\r\nx-injected: 1"],
  ["capital letters", "Anomaly-Detector"],
  ["a percent escape", "a%2Fb"],
  ["a query", "a?b=c"],
  ["a fragment", "a#b"],
  ["a host", "http://evil.example/"],
  ["letters beyond ASCII", "modèle"],
  ["64 characters", "a".repeat(64)],
  ["10,000 characters", "a".repeat(10_000)],
  ["the name of a prototype", "__proto__"],
];

/** Names that a model could have, and none has. */
const unknownNames: readonly (readonly [string, string])[] = [
  ["of a member of every object", "constructor"],
  ["of 63 characters", "a".repeat(63)],
  ["that is near one", "anomaly-detectr"],
];

function message(format: WireFormat, rpc: "GetModel" | "Predict", name: string): string | Uint8Array {
  if (format.contentType === "application/json") {
    return JSON.stringify(rpc === "Predict" ? { name, instances: [[1]] } : { name });
  }
  const bytes =
    rpc === "Predict"
      ? toBinary(PredictRequestSchema, create(PredictRequestSchema, rows(name, [1])))
      : toBinary(GetModelRequestSchema, create(GetModelRequestSchema, { name }));
  return format.protocol === "connect" ? bytes : frame(bytes);
}

describe.each(wireFormats)("a name over $name", (format) => {
  it.each(names)("with %s is refused", async (_title, name) => {
    for (const rpc of ["GetModel", "Predict"] as const) {
      const answer = await sendRpc(format, {
        url: abused.service.url,
        path: `/kserve.registry.v1.ModelRegistry/${rpc}`,
        body: message(format, rpc, name),
      });
      expect(answer).toMatchObject({ code: "InvalidArgument", reason: "INVALID_REQUEST", fields: ["name"] });
      expect(answer.message.length).toBeLessThan(200);
    }
  });

  it.each(unknownNames)("%s is not found", async (_title, name) => {
    for (const rpc of ["GetModel", "Predict"] as const) {
      const answer = await sendRpc(format, {
        url: abused.service.url,
        path: `/kserve.registry.v1.ModelRegistry/${rpc}`,
        body: message(format, rpc, name),
      });
      expect(answer).toMatchObject({ code: "NotFound", reason: "MODEL_NOT_FOUND", metadata: { model: name } });
    }
  });
});

describe.each(httpVersions)("a name in a path over HTTP/%s", (version) => {
  it.each(names.filter(([, name]) => name !== ""))("with %s is refused", async (_title, name) => {
    const { url } = abused.service;
    const escaped = encodeURIComponent(name);
    // To a KServe server every name that it does not have is unknown.
    for (const [path, status] of [
      [`/api/v1/models/${escaped}`, 400],
      [`/v1/models/${escaped}`, 404],
    ] as const) {
      expect([path, (await send(version, { url, path })).status]).toEqual([path, status]);
    }
    for (const [path, expected] of [
      [`/api/v1/models/${escaped}/predict`, 400],
      [`/v1/models/${escaped}:predict`, 404],
    ] as const) {
      const { status, headers } = await send(version, { url, path, body: '{"instances":[[1]]}' });
      expect([path, status, headers["x-injected"]]).toEqual([path, expected, undefined]);
    }
  });

  it.each(unknownNames)("%s is not found", async (_title, name) => {
    const { url } = abused.service;
    expect((await send(version, { url, path: `/api/v1/models/${name}` })).body).toBe('{"error":"model not found"}');
    const { status, body } = await send(version, { url, path: `/v1/models/${name}:predict`, body: "{}" });
    expect([status, body]).toEqual([404, `{"error":"Model with name ${name} does not exist."}`]);
  });
});

describe("names of callers", () => {
  it("never become labels of metrics", async () => {
    const { body } = await send("1.1", { url: abused.service.url, path: "/metrics" });
    expect(body).not.toMatch(/evil|passwd|constructor|__proto__|aaaa/);
    expect(
      abused.service.upstream.predictions.every(({ path }) => path === "/v1/models/anomaly-detector:predict"),
    ).toBe(true);
  });
});
