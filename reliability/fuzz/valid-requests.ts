import { create, type DescMessage, type MessageInitShape, toBinary, toJson } from "@bufbuild/protobuf";
import { HealthCheckRequestSchema, HealthListRequestSchema } from "../../gen/grpc/health/v1/health_pb.ts";
import { ServerReflectionRequestSchema } from "../../gen/grpc/reflection/v1/reflection_pb.ts";
import {
  EvaluateModelRequestSchema,
  EvaluateTriggersRequestSchema,
  GetModelRequestSchema,
  ListModelsRequestSchema,
  PredictRequestSchema,
  WatchModelsRequestSchema,
} from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import type { Entry } from "../../test/support/running-service.ts";

/** The models that the service under attack serves: one that declares nothing, and one that declares all it can. */
export const fuzzModels: readonly Entry[] = [
  { name: "anomaly-detector" },
  {
    name: "disk-failure-predictor",
    type: "predictive",
    description: "Predicts disk failures.",
    inputFeatures: [
      { name: "disk_utilization", type: "number", unit: "percent", min: 0, max: 100 },
      { name: "iops", type: "integer", min: 0, default: 5000 },
      { name: "is_ssd", type: "boolean" },
      { name: "Vendor (short)", type: "string", values: ["acme", "initech"] },
    ],
    outputFormat: { threshold: 0.7 },
    triggers: [{ type: "threshold", metric: "disk_utilization", threshold: 80 }, "disk_alert"],
    remediationActions: [{ type: "replace-disk", description: "Replace it." }],
  },
];

const registry = "kserve.registry.v1.ModelRegistry";
const typed = "/kserve.models.disk_failure_predictor.v1.DiskFailurePredictor/Predict";
const row = { disk_utilization: 50, iops: 1, is_ssd: true, "Vendor (short)": "acme" };

/** A request to an RPC that succeeds, in both forms of its message. */
export interface ValidRpc {
  readonly path: string;
  /** Undefined where the message is known by reflection alone. */
  readonly binary: Buffer | undefined;
  readonly json: string;
  /** Whether the request comes as a stream of messages. */
  readonly streams: boolean;
}

function rpc<Desc extends DescMessage>(
  path: string,
  desc: Desc,
  value: MessageInitShape<Desc>,
  streams = false,
): ValidRpc {
  const message = create(desc, value);
  return { path, binary: Buffer.from(toBinary(desc, message)), json: JSON.stringify(toJson(desc, message)), streams };
}

const rows = {
  values: [1, 2].map((value) => ({
    kind: {
      case: "listValue" as const,
      value: {
        values: [
          { kind: { case: "numberValue" as const, value } },
          { kind: { case: "numberValue" as const, value: 0.5 } },
        ],
      },
    },
  })),
};
const instances = { case: "instances" as const, value: rows };
const tensor = { case: "tensor" as const, value: { shape: [2, 2], values: [1, 2, 3, 4] } };
const body = { case: "body" as const, value: Buffer.from('{"instances":[[1,2],[3,4]]}') };
const name = "anomaly-detector";

/** One request for each thing that can be asked by RPC. */
export const validRpcs: readonly ValidRpc[] = [
  rpc(`/${registry}/Predict`, PredictRequestSchema, { name, input: instances }),
  rpc(`/${registry}/Predict`, PredictRequestSchema, { name, input: tensor }),
  rpc(`/${registry}/Predict`, PredictRequestSchema, { name, input: body }),
  rpc(`/${registry}/Predict`, PredictRequestSchema, {
    name,
    input: instances,
    parameters: { signature_name: "x", n: [1, null] },
  }),
  rpc(`/${registry}/Predict`, PredictRequestSchema, { name, input: tensor, validateOnly: true }),
  rpc(`/${registry}/EvaluateModel`, EvaluateModelRequestSchema, {
    name: "disk-failure-predictor",
    input: { case: "body", value: Buffer.from(JSON.stringify({ instances: [row, [1, 2, false, "initech"]] })) },
  }),
  rpc(`/${registry}/EvaluateTriggers`, EvaluateTriggersRequestSchema, {
    samples: { ...row, disk_utilization: 91, disk_alert: true },
  }),
  rpc(`/${registry}/ListModels`, ListModelsRequestSchema, { pageSize: 1, namespace: "self-healing-platform" }),
  rpc(`/${registry}/GetModel`, GetModelRequestSchema, { name }),
  rpc(`/${registry}/WatchModels`, WatchModelsRequestSchema, {}, true),
  rpc("/grpc.health.v1.Health/Check", HealthCheckRequestSchema, { service: registry }),
  rpc("/grpc.health.v1.Health/List", HealthListRequestSchema, {}),
  rpc("/grpc.health.v1.Health/Watch", HealthCheckRequestSchema, {}, true),
  rpc(
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    ServerReflectionRequestSchema,
    { messageRequest: { case: "fileContainingSymbol", value: registry } },
    true,
  ),
  rpc(
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
    ServerReflectionRequestSchema,
    { messageRequest: { case: "listServices", value: "" } },
    true,
  ),
  {
    path: typed,
    binary: undefined,
    json: JSON.stringify({ instances: [{ diskUtilization: 50, iops: 1, isSsd: true, vendorShort: "acme" }] }),
    streams: false,
  },
];

/** One request for each thing that can be asked by plain HTTP. */
export const validRest: readonly { readonly method: string; readonly path: string; readonly body?: string }[] = [
  { method: "POST", path: "/v1/models/anomaly-detector:predict", body: '{"instances":[[1,2],[3,4]]}' },
  { method: "POST", path: "/v1/models/anomaly-detector%3Apredict", body: '{"instances":[1],"signature_name":"x"}' },
  {
    method: "POST",
    path: "/api/v1/models/anomaly-detector/predict",
    body: '{"instances":[[1.5e3,-0,9007199254740993]]}',
  },
  { method: "POST", path: "/api/v1/models/disk-failure-predictor/predict", body: JSON.stringify({ instances: [row] }) },
  {
    method: "POST",
    path: "/api/v1/models/disk-failure-predictor/evaluate",
    body: JSON.stringify({ instances: [row] }),
  },
  { method: "POST", path: "/api/v1/triggers/evaluate", body: JSON.stringify({ ...row, disk_utilization: 91 }) },
  ...[
    "/",
    "/livez",
    "/readyz",
    "/readyz/health",
    "/readyz/isDirty",
    "/metrics",
    "/openapi.json",
    "/v1/models",
    "/v1/models/anomaly-detector",
    "/api/v1/models",
    "/api/v1/models?type=predictive&pageSize=1&namespace=self-healing-platform",
    "/api/v1/models/anomaly-detector",
    "/api/v1/models/disk-failure-predictor/contract?format=proto",
  ].map((path) => ({ method: "GET", path })),
];
