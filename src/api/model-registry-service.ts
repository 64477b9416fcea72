import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import {
  type ListModelsRequest,
  ListModelsResponseSchema,
  type ModelRegistry,
  type PredictRequest,
  type PredictResponse,
  PredictResponseSchema,
  WatchEvent,
  type WatchModelsRequest,
  WatchModelsResponseSchema,
} from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { JsonScanner, type Span } from "../predict/json-scanner.ts";
import type { Pipeline, PlannedCall, Prediction } from "../predict/pipeline.ts";
import { readMembers, readValue } from "../predict/transcode/read-value.ts";
import { readTensor, writeTensor } from "../predict/transcode/tensor.ts";
import { writeInstances } from "../predict/transcode/write-value.ts";
import type { RegisteredModel } from "../registry/model.ts";
import type { ModelFilter, Registry } from "../registry/registry.ts";
import { invalidField, RegistryError } from "../registry/registry-error.ts";
import { callKey, upstreamHeaders } from "./call.ts";
import { modelDetailToMessage, modelToMessage, typeFromMessage } from "./convert.ts";
import { listPage } from "./list-page.ts";
import { type WatchedEvent, watchModels } from "./watch-events.ts";

/** What the service needs of the rest. */
export interface ServiceDeps {
  readonly registry: Registry;
  readonly pipeline: Pipeline;
  /** The path of a prediction below a model's address. */
  readonly predictPath: (model: RegisteredModel) => string;
  /** Brings the readiness of a model up to date, unless its last check is younger than this. */
  readonly check: (name: string, maxAgeMs: number) => Promise<void>;
  /** Aborts when the server begins to stop; open watches then end. */
  readonly stopping: AbortSignal;
}

/** The RPCs of `kserve.registry.v1.ModelRegistry`. */
export function createModelRegistryService(deps: ServiceDeps): ServiceImpl<typeof ModelRegistry> {
  const { registry, pipeline } = deps;
  return {
    listModels(request) {
      const page = listPage(registry.snapshot, filterOf(request), request.pageSize, request.pageToken);
      return create(ListModelsResponseSchema, {
        models: page.models.map((model) => modelToMessage(model, registry.readiness(model.name))),
        nextPageToken: page.nextPageToken,
        totalSize: page.totalSize,
      });
    },

    async getModel({ name }, context) {
      const model = pipeline.resolve(name);
      noteModel(context, model.name);
      // A model that has been checked is checked again in the background.
      await deps.check(name, Number.POSITIVE_INFINITY);
      return modelDetailToMessage(model, registry.readiness(name), deps.predictPath(model));
    },

    async predict(request, context) {
      const body = (): Uint8Array => requestBody(request);
      if (request.validateOnly) return plannedResponse(pipeline.plan({ name: request.name, body }));
      const call = context.values.get(callKey);
      if (registry.get(request.name) !== undefined) noteModel(context, request.name);
      const prediction = await pipeline.predict({
        name: request.name,
        body,
        headers: call === undefined ? {} : upstreamHeaders(call),
        authorization: context.requestHeader.get("authorization") ?? undefined,
        signal: context.signal,
        abortReason: () => abortReason(context.signal),
        timeoutMs: context.timeoutMs(),
      });
      return predictionResponse(prediction, request, pipeline.maxJsonDepth);
    },

    async *watchModels(request, context) {
      const signal = AbortSignal.any([context.signal, deps.stopping]);
      for await (const event of watchModels(registry, filterOf(request), request.resumeToken, signal)) {
        yield watchResponse(event, registry);
      }
      if (deps.stopping.aborted) {
        throw new RegistryError("SHUTTING_DOWN", "The server is stopping; watch again with the last resume_token", {
          retryAfterMs: 1000,
        });
      }
    },
  };
}

function filterOf(request: ListModelsRequest | WatchModelsRequest): ModelFilter {
  const type = typeFromMessage(request.type);
  if (type === "unknown") throw invalidField("type", `${request.type} is no type of models`);
  return { type, namespace: request.namespace || undefined, trigger: request.trigger || undefined };
}

function requestBody({ input, parameters }: PredictRequest): Uint8Array {
  switch (input.case) {
    case "instances":
      return writeInstances(input.value, parameters);
    case "tensor":
      return writeTensor(input.value, parameters);
    case "body":
      if (parameters !== undefined)
        throw invalidField("parameters", "not together with body; write them into the body");
      return input.value;
    default:
      throw invalidField("input", "missing; expected one of instances, tensor and body");
  }
}

function plannedResponse({ model, ...request }: PlannedCall): PredictResponse {
  return create(PredictResponseSchema, { modelName: model.name, upstreamRequest: request });
}

function predictionResponse({ model, answer }: Prediction, request: PredictRequest, maxDepth: number): PredictResponse {
  const scanner = new JsonScanner(answer.bytes, maxDepth);
  const modelVersion = versionOf(scanner, answer.others.get("model_version"));
  const response = create(PredictResponseSchema, { modelName: model.name, modelVersion });
  if (request.input.case === "body") {
    response.output = { case: "body", value: answer.bytes };
    return response;
  }
  if (request.input.case === "tensor") {
    const { shape, values } = readTensor(scanner, answer.predictions);
    response.output = {
      case: "tensor",
      value: { $typeName: "kserve.registry.v1.Tensor", shape: [...shape], values: [...values] },
    };
  } else {
    response.output = { case: "predictions", value: readValue(scanner, answer.predictions) };
  }
  const extra = new Map(answer.others);
  extra.delete("model_name");
  extra.delete("model_version");
  if (extra.size > 0) response.extra = readMembers(scanner, extra);
  return response;
}

function versionOf(scanner: JsonScanner, span: Span | undefined): string {
  if (span === undefined) return "";
  const { kind } = readValue(scanner, span);
  return kind.case === "stringValue" || kind.case === "numberValue" ? String(kind.value) : "";
}

const events: Readonly<Record<WatchedEvent["kind"], WatchEvent>> = {
  added: WatchEvent.ADDED,
  changed: WatchEvent.CHANGED,
  removed: WatchEvent.REMOVED,
  synced: WatchEvent.SYNCED,
  reset: WatchEvent.RESET,
};

function watchResponse(event: WatchedEvent, registry: Registry) {
  return create(WatchModelsResponseSchema, {
    event: events[event.kind],
    changedFields: [...(event.changedFields ?? [])],
    resumeToken: event.resumeToken,
    ...(event.model === undefined ? {} : { model: modelToMessage(event.model, registry.readiness(event.model.name)) }),
  });
}

function noteModel(context: HandlerContext, name: string): void {
  const call = context.values.get(callKey);
  if (call !== undefined) call.model = name;
}

/** Connect aborts with an error of its own when the deadline passes, and with another when the caller leaves. */
function abortReason(signal: AbortSignal): "DEADLINE_EXCEEDED" | "CALLER_LEFT" {
  const { reason } = signal;
  return reason instanceof ConnectError && reason.code === Code.DeadlineExceeded ? "DEADLINE_EXCEEDED" : "CALLER_LEFT";
}
