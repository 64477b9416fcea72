import { create, fromBinary, fromJson, type JsonValue, type MessageShape, toBinary, toJson } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ModelType } from "../../../gen/kserve/registry/v1/model_pb.ts";
import {
  EvaluateModelResponseSchema,
  EvaluateTriggersRequestSchema,
  EvaluateTriggersResponseSchema,
  TriggeredModelSchema,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { readJsonTriggersRequest, readTriggersRequest } from "../../../src/api/lean/read-triggers-request.ts";
import { restOfVerdictToMessageJson, writeEvaluation, writeTriggered } from "../../../src/api/lean/write-verdicts.ts";
import {
  evaluationToMessage,
  triggeredModelToMessage,
  triggeredToMessage,
} from "../../../src/api/rpc/evaluation-messages.ts";
import { evaluationJson, triggeredJson } from "../../../src/api/verdict-json.ts";
import { type Evaluation, evaluate } from "../../../src/predict/evaluate.ts";
import type { TriggeredModel } from "../../../src/predict/evaluate-triggers.ts";
import { FastPathMiss } from "../../../src/predict/transcode/wire.ts";
import type { RegisteredModel } from "../../../src/registry/model.ts";
import { parseModelEntry } from "../../../src/registry/model-entry.ts";
import { scanAnswer } from "../../support/at-once.ts";

function modelWith(fields: object = {}): RegisteredModel {
  const { entry, problems } = parseModelEntry({ name: "m", service: "m", type: "anomaly", ...fields }, "ns");
  if (entry === undefined) throw new Error(JSON.stringify(problems));
  return entry as unknown as RegisteredModel;
}

function evaluationOf(predictions: string, fields?: object): Evaluation {
  const bytes = Buffer.from(`{"predictions":${predictions}}`);
  const answer = scanAnswer(bytes, { count: undefined, keys: ["predictions"], problem: undefined }, 128);
  return evaluate({ model: modelWith(fields), answer, attempts: 1 });
}

const remediationActions = [
  { type: "alert", severity: "warning", "not declared": { deep: [1, "zwölf"] } },
  { type: "scale", target: "more" },
];
const judged = { outputFormat: { field: "p", threshold: 0.5, labels: { 1: "bad", 0: "gööd" } }, remediationActions };

const evaluations: [title: string, predictions: string, fields: object | undefined][] = [
  ["no predictions", "[]", undefined],
  ["numbers", "[1, -2.50,\n 1e3]", undefined],
  ["values of every kind", '[true,false,null,"text \\" \\u00e9",[1,[2,"a"]],{"a":{"b":[]},"c":1}]', undefined],
  ["verdicts on both sides of a threshold", '[{"p":1},{"p":0},{"p":1.0,"q":[1,2]}]', judged],
  ["long predictions", `[[${Array(400).fill("0.25").join()}],"${"x".repeat(40_000)}"]`, undefined],
  ["numbers that are none", '[NaN,[-Infinity,1],{"a":Infinity,"NaN":"NaN, \\" Infinity"},1e999,-1e999]', undefined],
];

describe("verdicts that are written without objects", () => {
  it.each(evaluations)("are those of the general encoder: %s", (_title, predictions, fields) => {
    const evaluation = evaluationOf(predictions, fields);
    const expected = toJson(EvaluateModelResponseSchema, evaluationToMessage(evaluation, "v1"));
    const message = fromBinary(EvaluateModelResponseSchema, writeEvaluation(evaluation, "v1"));
    expect(toJson(EvaluateModelResponseSchema, message)).toEqual(expected);
    const json = JSON.parse(evaluationJson(evaluation, "v1", restOfVerdictToMessageJson).toString()) as JsonValue;
    expect(toJson(EvaluateModelResponseSchema, fromJson(EvaluateModelResponseSchema, json))).toEqual(expected);
  });

  it("leave what clients would not decode to the general encoder", () => {
    const deep = evaluationOf(`[${"[".repeat(60)}${"]".repeat(60)}]`);
    expect(() => writeEvaluation(deep, "")).toThrow(FastPathMiss);
  });

  it("give the advice of a model for as many as are sent at once, and no more", () => {
    const advice = [{ type: "alert", text: "x".repeat(64 * 1024) }];
    const crossed = (count: number) => () =>
      evaluationOf(`[${Array(count).fill("1").join()}]`, {
        outputFormat: { threshold: 1 },
        remediationActions: advice,
      });
    expect(crossed(255)().verdicts).toHaveLength(255);
    expect(crossed(256)).toThrow(/256 predictions of m cross .* send fewer instances at a time/);
    expect(evaluationOf("[1]", { outputFormat: { threshold: 1 }, remediationActions: advice }).verdicts).toHaveLength(
      1,
    );
  });
});

describe("models whose triggers fire, written one by one,", () => {
  const trigger = { type: "metric-threshold", metric: "cpu", threshold: 80, comparison: ">=" } as const;
  const fired = [
    { trigger, sample: 97 },
    { trigger: { name: "spike" }, sample: true },
  ];
  const model = { ...modelWith(judged), namespace: "ns" };
  const outcomes: readonly TriggeredModel["outcome"][] = [
    { kind: "evaluation", evaluation: evaluationOf('[{"p":1}]', judged) },
    { kind: "evaluation", evaluation: evaluationOf(`["${"long".repeat(100)}"]`) },
    { kind: "missing-features", names: ["a", "b"] },
    { kind: "failure", reason: "MODEL_FAILED", message: 'it "failed"' },
  ];
  const models = outcomes.map((outcome) => ({ model, triggers: fired, outcome }));

  it.each([
    ["all", models],
    ["none", []],
  ])("are those of the general encoder: %s", async (_title, some) => {
    const expected = toJson(EvaluateTriggersResponseSchema, triggeredToMessage(some));
    const message = fromBinary(EvaluateTriggersResponseSchema, await writeTriggered(some));
    expect(toJson(EvaluateTriggersResponseSchema, message)).toEqual(expected);
    const memberOf = (one: TriggeredModel) => toJson(TriggeredModelSchema, triggeredModelToMessage(one)) as object;
    const json = await triggeredJson(some, memberOf, restOfVerdictToMessageJson);
    const read = fromJson(EvaluateTriggersResponseSchema, JSON.parse(json.toString()) as JsonValue);
    expect(toJson(EvaluateTriggersResponseSchema, read)).toEqual(expected);
  });
});

describe("samples that are read without objects", () => {
  const samples = { cpu: 97.5, text: "zwölf", up: true, down: false, none: null, "": 1, 7: -0, exact: 1e300 };
  const filter = { type: ModelType.CLASSIFICATION, namespace: "ns", cluster: "spoke" };
  const asked = { samples, filter: { type: "classification", namespace: "ns", cluster: "spoke" } };
  const nothingElse = { type: undefined, namespace: undefined, cluster: undefined };

  it("are those of a message", () => {
    const bytes = (init: object) =>
      toBinary(EvaluateTriggersRequestSchema, create(EvaluateTriggersRequestSchema, init as never));
    expect(readTriggersRequest(bytes({ samples, ...filter }))).toEqual(asked);
    expect(readTriggersRequest(bytes({ samples: { cpu: 1 } }))).toEqual({ samples: { cpu: 1 }, filter: nothingElse });
  });

  it("are those of JSON", () => {
    const read = (json: object) => readJsonTriggersRequest(Buffer.from(JSON.stringify(json, undefined, 1)), 64);
    expect(read({ samples, ...filter, type: "MODEL_TYPE_CLASSIFICATION" })).toEqual({
      ...asked,
      samples: { ...samples, 7: 0 },
    });
    expect(read({ samples: { cpu: 1 } })).toEqual({ samples: { cpu: 1 }, filter: nothingElse });
  });

  it.each<[string, string]>([
    ["no samples", "{}"],
    ["empty samples", '{"samples":{}}'],
    ["a list for a sample", '{"samples":{"a":[1]}}'],
    ["a number that no double holds", '{"samples":{"a":1e999}}'],
    ["a bare word", '{"samples":{"a":NaN}}'],
    ["a name of prototypes", '{"samples":{"__proto__":1}}'],
    ["an unknown field", '{"samples":{"a":1},"x":1}'],
    ["an unknown type", '{"samples":{"a":1},"type":"x"}'],
    ["a type as a number", '{"samples":{"a":1},"type":1}'],
    ["null for the samples", '{"samples":null}'],
  ])("leave %s to the general decoder", (_title, json) => {
    expect(() => readJsonTriggersRequest(Buffer.from(json), 64)).toThrow(FastPathMiss);
  });

  it("leave messages in another form than that of encoders to the general decoder", () => {
    const message = (init: Partial<MessageShape<typeof EvaluateTriggersRequestSchema>>) =>
      Buffer.from(toBinary(EvaluateTriggersRequestSchema, create(EvaluateTriggersRequestSchema, init as never)));
    const good = message({ samples: { a: 1 } });
    for (const bytes of [
      message({}),
      message({ samples: { a: [1] } }),
      message({ samples: { a: {} } }),
      message({ samples: { a: 1 }, type: 99 as ModelType }),
      Buffer.concat([good, good]),
      good.subarray(0, -1),
      Buffer.concat([good, Buffer.from([0x78, 0x01])]),
    ]) {
      expect(() => readTriggersRequest(bytes), bytes.toString("hex")).toThrow(FastPathMiss);
    }
    for (let at = 0; at < good.length; at++) {
      const damaged = Buffer.from(good);
      damaged[at] = damaged[at]! ^ 0xff;
      try {
        readTriggersRequest(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(FastPathMiss);
      }
    }
  });
});
