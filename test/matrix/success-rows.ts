import { toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { expect } from "vitest";
import { ExaminationStep, StepOutcome } from "../../gen/kserve/registry/v1/examination_pb.ts";
import { ModelSource, ModelState, ModelType } from "../../gen/kserve/registry/v1/model_pb.ts";
import { AddressRule, type ModelRegistry, WatchEvent } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { bodyOf, type RegistryClient, rows } from "../support/clients.ts";
import { predict } from "../support/fake-upstream.ts";
import { namespace, type RunningService } from "../support/running-service.ts";

/** The name of an RPC, as clients call it. */
export type Rpc = keyof (typeof ModelRegistry)["method"];

/** One call that succeeds. */
export interface SuccessRow {
  readonly rpc: Rpc;
  /** Which of several calls of the RPC: `tensor`. */
  readonly variant?: string;
  /** Whether the call is a read, which Connect also sends by GET. */
  readonly read?: boolean;
  readonly check: (client: RegistryClient, service: RunningService) => Promise<void>;
}

/** The models of every row. */
export const twoModels = [
  {
    name: "anomaly-detector",
    type: "anomaly",
    triggers: [{ type: "metric-threshold", metric: "cpu", threshold: 80 }, "resource_spike"],
    outputFormat: { field: "score", threshold: 0.5 },
    remediationActions: [{ type: "alert", severity: "warning" }],
  },
  {
    name: "predictive-analytics",
    type: "predictive",
    namespace: "forecasts",
    inputFeatures: ["cpu", "memory"],
    triggers: [{ type: "metric-threshold", metric: "cpu", threshold: 95 }],
  },
];

const name = "anomaly-detector";

export const successRows: readonly SuccessRow[] = [
  {
    rpc: "listModels",
    read: true,
    async check(client) {
      const first = await client.listModels({ pageSize: 1 });
      expect([first.models.map((model) => model.name), first.totalSize]).toEqual([["anomaly-detector"], 2]);
      const second = await client.listModels({ pageSize: 1, pageToken: first.nextPageToken });
      expect(second.models).toMatchObject([{ name: "predictive-analytics", namespace: "forecasts" }]);
      expect(second.nextPageToken).toBe("");
      const filtered = await client.listModels({ type: ModelType.PREDICTIVE });
      expect(filtered.models.map((model) => model.name)).toEqual(["predictive-analytics"]);
    },
  },
  {
    rpc: "getModel",
    read: true,
    async check(client, { upstream }) {
      const answer = await client.getModel({ name });
      expect(answer.model).toMatchObject({ name, namespace, type: ModelType.ANOMALY, state: ModelState.READY });
      expect(answer.address).toMatchObject({
        url: upstream.url,
        predictPath: `/v1/models/${name}:predict`,
        rule: AddressRule.ENTRY_URL,
      });
      expect(answer.entries).toMatchObject([
        { source: ModelSource.ENVIRONMENT, location: "KSERVE_MODEL_REGISTRY[0]", shadowed: false },
      ]);
      expect(answer.readiness).toMatchObject({ state: ModelState.READY, reason: "" });
    },
  },
  {
    rpc: "predict",
    variant: "instances",
    async check(client, { upstream }) {
      upstream.onPredict(name, predict([-1, { score: 0.5 }]));
      const answer = await client.predict(rows(name, [0.5, 1.2], [3, 4]));
      expect(answer).toMatchObject({ modelName: name, output: { case: "predictions" } });
      expect(toJson(ValueSchema, answer.output.value as never)).toEqual([-1, { score: 0.5 }]);
      expect(upstream.predictions[0]?.body.toString()).toBe('{"instances":[[0.5,1.2],[3,4]]}');
    },
  },
  {
    rpc: "predict",
    variant: "tensor",
    async check(client, { upstream }) {
      upstream.onPredict(name, predict([[1], [2]]));
      const answer = await client.predict({
        name,
        input: { case: "tensor", value: { shape: [2, 2], values: [0.5, 1.2, Number.NaN, Number.NEGATIVE_INFINITY] } },
      });
      expect(answer).toMatchObject({
        modelName: name,
        output: { case: "tensor", value: { shape: [2, 1], values: [1, 2] } },
      });
      expect(upstream.predictions[0]?.body.toString()).toBe('{"instances":[[0.5,1.2],[null,-Infinity]]}');
    },
  },
  {
    rpc: "predict",
    variant: "body",
    async check(client, { upstream }) {
      upstream.onPredict(name, predict([1]));
      const sent = '{ "instances" : [[0.50]], "signature_name":"x" }';
      const answer = await client.predict(bodyOf(name, sent));
      expect(answer.output.case).toBe("body");
      expect(Buffer.from(answer.output.value as Uint8Array).toString()).toBe('{"predictions":[1]}');
      expect(upstream.predictions[0]?.body.toString()).toBe(sent);
    },
  },
  {
    rpc: "predict",
    variant: "validate_only",
    async check(client, { upstream }) {
      const answer = await client.predict({
        ...rows(name, [1]),
        parameters: { signature_name: "x" },
        validateOnly: true,
      });
      expect(answer).toMatchObject({ modelName: name, output: { case: undefined } });
      expect(answer.upstreamRequest).toMatchObject({ method: "POST", protocol: "kserve-v1" });
      expect(answer.upstreamRequest?.url).toBe(`${upstream.url}/v1/models/${name}:predict`);
      expect(Buffer.from(answer.upstreamRequest?.body ?? []).toString()).toBe(
        '{"instances":[[1]],"signature_name":"x"}',
      );
      expect(upstream.predictions).toEqual([]);
    },
  },
  {
    rpc: "evaluateModel",
    async check(client, { upstream }) {
      upstream.onPredict(name, predict([{ score: 0.75 }, { score: 0.25 }]));
      const { modelName, verdicts } = await client.evaluateModel(rows(name, [1], [2]));
      expect(modelName).toBe(name);
      expect(verdicts).toMatchObject([
        { thresholdCrossed: true, threshold: 0.5, remediationActions: [{ type: "alert", severity: "warning" }] },
        { thresholdCrossed: false, remediationActions: [] },
      ]);
      expect(verdicts.map(({ value }) => value?.kind.value)).toEqual([0.75, 0.25]);
    },
  },
  {
    rpc: "evaluateTriggers",
    async check(client, { upstream }) {
      upstream.onPredict("predictive-analytics", predict([7]));
      const { models } = await client.evaluateTriggers({ samples: { cpu: 97, memory: 12 } });
      expect(models).toMatchObject([
        { modelName: name, triggers: [{ trigger: { metric: "cpu" } }], outcome: { case: "missingFeatures" } },
        {
          modelName: "predictive-analytics",
          namespace: "forecasts",
          outcome: { case: "verdict", value: { value: { kind: { value: 7 } } } },
        },
      ]);
      expect(upstream.predictions.map(({ body }) => body.toString())).toEqual(['{"instances":[[97,12]]}']);
    },
  },
  {
    rpc: "watchModels",
    async check(client) {
      const events: [WatchEvent, string | undefined][] = [];
      let token = "";
      for await (const { event, model, resumeToken } of client.watchModels({})) {
        events.push([event, model?.name]);
        token = resumeToken;
        if (event === WatchEvent.SYNCED) break;
      }
      expect(events).toEqual([
        [WatchEvent.ADDED, "anomaly-detector"],
        [WatchEvent.ADDED, "predictive-analytics"],
        [WatchEvent.SYNCED, undefined],
      ]);
      for await (const { event } of client.watchModels({ resumeToken: token })) {
        expect(event).toBe(WatchEvent.SYNCED);
        break;
      }
    },
  },
  {
    rpc: "listActivity",
    read: true,
    async check(client) {
      expect((await client.listActivity({})).activities).toEqual([]);
    },
  },
  {
    rpc: "listSources",
    read: true,
    async check(client) {
      expect((await client.listSources({})).sources).toMatchObject([{ kind: ModelSource.ENVIRONMENT, loaded: true }]);
    },
  },
  {
    rpc: "examineModel",
    async check(client) {
      const outcomes: [ExaminationStep, StepOutcome][] = [];
      for await (const { step, outcome } of client.examineModel({ name: "predictive-analytics" }))
        outcomes.push([step, outcome]);
      expect(outcomes).toContainEqual([ExaminationStep.READY, StepOutcome.OK]);
    },
  },
];
