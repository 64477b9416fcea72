import { toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { createClient, createRouterTransport } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { ModelState, ModelType } from "../../gen/kserve/registry/v1/model_pb.ts";
import { ModelRegistry, WatchEvent } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { codeOf } from "../../src/api/error.ts";
import { errorInterceptor } from "../../src/api/rpc/interceptors.ts";
import { registerRoutes } from "../../src/api/rpc/routes.ts";
import { errorReasons, RegistryError } from "../../src/registry/registry-error.ts";
import { bodyOf, type RegistryClient, rows } from "../support/clients.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { createParts, type Parts } from "../support/parts.ts";
import { model, namespace } from "../support/running-service.ts";

function clientInMemory(parts: Parts): RegistryClient {
  const transport = createRouterTransport((router) => registerRoutes(router, parts.rpc), {
    router: { interceptors: [errorInterceptor], jsonOptions: { ignoreUnknownFields: false } },
  });
  return createClient(ModelRegistry, transport);
}

describe("the service, without a socket", () => {
  it.each(errorReasons)("answers the reason %s with its code and its details", async (reason) => {
    const client = clientInMemory(
      createParts({
        predict: () => {
          throw new RegistryError(reason, "in words", {
            metadata: { model, namespace },
            violations: [{ field: "f", description: "d" }],
            retryAfterMs: 2500,
            failure: { stage: "call", upstreamStatus: 500, upstreamBody: "said", attempts: 2, hint: "h" },
            cause: new Error("secret"),
          });
        },
      }),
    );
    const error = await errorOf(client.predict(rows(model, [1])));
    expect(error.code).toBe(codeOf(reason));
    expect(error.rawMessage).toBe("in words");
    expect(partsOf(error)).toMatchObject({
      reason,
      domain: "kserve-model-registry",
      metadata: { model, namespace },
      fields: ["f"],
      retryMs: 2500,
      failure: { stage: "CALL", upstreamStatus: 500, upstreamBody: "said", attempts: 2 },
    });
  });

  it("says nothing of a fault of its own", async () => {
    const client = clientInMemory(
      createParts({
        predict: () => {
          throw new TypeError("secret");
        },
      }),
    );
    const error = await errorOf(client.predict(rows(model, [1])));
    expect(partsOf(error)).toMatchObject({ code: "Internal", reason: "INTERNAL" });
    expect(error.rawMessage).not.toContain("secret");
  });

  it("lists by filter and page", async () => {
    const client = clientInMemory(
      createParts({ models: [{ name: "a" }, { name: "b", type: "predictive" }, { name: "c", namespace: "other" }] }),
    );
    const names = async (request: Parameters<RegistryClient["listModels"]>[0]): Promise<string[]> =>
      (await client.listModels(request)).models.map(({ name }) => name);
    expect(await names({})).toEqual(["a", "b", "c"]);
    expect(await names({ type: ModelType.PREDICTIVE })).toEqual(["b"]);
    expect(await names({ namespace: "other" })).toEqual(["c"]);
    expect(await names({ pageSize: 2 })).toEqual(["a", "b"]);
  });

  it("refuses a type that does not exist", async () => {
    const error = await errorOf(clientInMemory(createParts()).listModels({ type: 99 as ModelType }));
    expect(partsOf(error)).toMatchObject({ reason: "INVALID_REQUEST", fields: ["type"] });
  });

  it("gets a model with its readiness", async () => {
    const parts = createParts();
    parts.setState(model, "ready");
    const { model: found } = await clientInMemory(parts).getModel({ name: model });
    expect(found).toMatchObject({ name: model, state: ModelState.READY });
  });

  it.each<[string, Parameters<RegistryClient["predict"]>[0], string]>([
    ["no input", { name: model }, "input"],
    ["no rows", { name: model, input: { case: "instances", value: { values: [] } } }, "instances"],
    [
      "a value without a kind",
      { name: model, input: { case: "instances", value: { values: [{ kind: { case: undefined } }] } } },
      "instances[0]",
    ],
    ["a tensor without a shape", { name: model, input: { case: "tensor", value: { values: [1] } } }, "tensor.shape"],
    [
      "a tensor of another size",
      { name: model, input: { case: "tensor", value: { shape: [2, 2], values: [1] } } },
      "tensor.values",
    ],
    [
      "a tensor of nine dimensions",
      { name: model, input: { case: "tensor", value: { shape: [1, 1, 1, 1, 1, 1, 1, 1, 1], values: [1] } } },
      "tensor.shape",
    ],
    ["a body that is not JSON", bodyOf(model, "{"), "body"],
    ["an empty body", bodyOf(model, ""), "body"],
    ["a body with parameters", { ...bodyOf(model, '{"instances":[1]}'), parameters: { a: 1 } }, "parameters"],
    ["instances among the parameters", { ...rows(model, [1]), parameters: { instances: [] } }, "parameters.instances"],
    ["no name", { input: { case: "body", value: Buffer.from('{"instances":[1]}') } }, "name"],
  ])("refuses %s, and names the field", async (_title, request, field) => {
    const error = await errorOf(clientInMemory(createParts()).predict(request));
    expect(partsOf(error)).toMatchObject({ code: "InvalidArgument", reason: "INVALID_REQUEST", fields: [field] });
  });

  it("hands over what else the model says", async () => {
    const answer = '{"predictions":[1],"model_name":"m","model_version":"7","latency_ms":3,"__proto__":{"a":1}}';
    const client = clientInMemory(createParts({ predict: () => answer }));
    const { modelName, modelVersion, extra } = await client.predict(rows(model, [1]));
    expect([modelName, modelVersion]).toEqual([model, "7"]);
    expect(JSON.stringify(extra)).toBe('{"latency_ms":3,"__proto__":{"a":1}}');
  });

  it("takes predictions that are not a list as they are", async () => {
    const client = clientInMemory(createParts({ predict: () => '{"predictions":{"mean":[1,2]}}' }));
    const { output } = await client.predict(rows(model, [1], [2], [3]));
    expect(toJson(ValueSchema, output.value as never)).toEqual({ mean: [1, 2] });
  });

  it("watches changes, and resumes where nothing has changed", async () => {
    const parts = createParts({ models: [{ name: "a" }, { name: "b" }] });
    const client = clientInMemory(parts);
    const events: string[] = [];
    let token = "";
    for await (const { event, model: about, changedFields, resumeToken } of client.watchModels({})) {
      events.push([eventName(event), about?.name, ...changedFields].filter(Boolean).join(" "));
      token = resumeToken || token;
      if (event === WatchEvent.SYNCED) parts.apply([{ name: "b", description: "other" }, { name: "c" }]);
      if (event === WatchEvent.REMOVED) break;
    }
    expect(events).toEqual([
      "ADDED a",
      "ADDED b",
      "SYNCED",
      "CHANGED b description update_time",
      "ADDED c",
      "REMOVED a",
    ]);
    for await (const { event } of client.watchModels({ resumeToken: token })) {
      expect(eventName(event)).toBe("SYNCED");
      break;
    }
  });

  it("continues with the changes since the resume token", async () => {
    const parts = createParts({ models: [{ name: "a" }] });
    const client = clientInMemory(parts);
    let token = "";
    for await (const { event, resumeToken } of client.watchModels({})) {
      token = resumeToken;
      if (event === WatchEvent.SYNCED) break;
    }
    parts.apply([{ name: "b" }]);
    const events: string[] = [];
    for await (const { event, model: about } of client.watchModels({ resumeToken: token })) {
      events.push([eventName(event), about?.name].filter(Boolean).join(" "));
      if (event === WatchEvent.SYNCED) break;
    }
    expect(events).toEqual(["ADDED b", "REMOVED a", "SYNCED"]);
  });

  it("refuses a resume token that none gave", async () => {
    const watch = async (): Promise<void> => {
      for await (const _ of clientInMemory(createParts()).watchModels({ resumeToken: "x" }));
    };
    expect(partsOf(await errorOf(watch()))).toMatchObject({ reason: "INVALID_REQUEST", fields: ["resume_token"] });
  });

  it("shows a model that leaves the filter of a watch as removed", async () => {
    const parts = createParts({ models: [{ name: "a", namespace: "x" }] });
    const events: string[] = [];
    for await (const { event, model: about } of clientInMemory(parts).watchModels({ namespace: "x" })) {
      events.push([eventName(event), about?.name, about?.namespace].filter(Boolean).join(" "));
      if (event === WatchEvent.SYNCED) parts.apply([{ name: "a", namespace: "y" }]);
      if (event === WatchEvent.REMOVED) break;
    }
    expect(events).toEqual(["ADDED a x", "SYNCED", "REMOVED a x"]);
  });
});

function eventName(event: WatchEvent): string {
  return Object.entries(WatchEvent).find(([, value]) => value === event)?.[0] ?? "";
}
