import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext, type ServiceImpl } from "@connectrpc/connect";
import {
  ListModelsResponseSchema,
  ListSourcesResponseSchema,
  type ModelRegistry,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { Cancellation } from "../../base/cancellation.ts";
import { evaluate } from "../../predict/evaluate.ts";
import { evaluateTriggers } from "../../predict/evaluate-triggers.ts";
import type { CallerReason } from "../../predict/limits/time-limit.ts";
import type { Pipeline } from "../../predict/pipeline.ts";
import { assertFiniteValue } from "../../predict/transcode/finite.ts";
import { everyone, visibleSnapshot } from "../../registry/access.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { ModelKey, ModelRef } from "../../registry/model-key.ts";
import { matches, type Registry } from "../../registry/registry.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import { accessOf, callKey } from "../call.ts";
import { listPage } from "../list-page.ts";
import { type CommonCall, predictCallOf } from "../predict-call.ts";
import { visibleUnserved } from "../unserved.ts";
import { activityToMessage, sourceToMessage } from "./activity-messages.ts";
import { modelDetailToMessage, modelToMessage, unservedToMessage } from "./convert.ts";
import { evaluationToMessage, triggeredToMessage } from "./evaluation-messages.ts";
import { Examinations, type Examine, stepTimeoutMs, stepToMessage } from "./examinations.ts";
import { filterFromMessage } from "./filter-from-message.ts";
import { plannedResponse, predictionResponse, takeRequestBody, versionOf } from "./predict-messages.ts";
import { watchForCaller } from "./watch-for-caller.ts";
import { watchResponse } from "./watch-messages.ts";

/** What the service needs of the rest. */
export interface ServiceDeps {
  readonly registry: Registry;
  readonly pipeline: Pipeline;
  /** The path of a prediction below a model's address. */
  readonly predictPath: (model: RegisteredModel) => string;
  /** Brings the readiness of a model up to date, unless its last check is younger than this. */
  readonly check: (key: ModelKey, maxAgeMs: number) => Promise<void>;
  /** Aborts when the server begins to stop; open watches then end. */
  readonly stopping: AbortSignal;
  /** Goes the way of a prediction step by step. */
  readonly examine: Examine;
  /** How many examinations may go on at a time. */
  readonly maxExaminations: number;
}

/** The RPCs of `kserve.registry.v1.ModelRegistry`. */
export function createModelRegistryService(deps: ServiceDeps): ServiceImpl<typeof ModelRegistry> {
  const { registry, pipeline } = deps;
  const examinations = new Examinations(deps.examine, deps.maxExaminations);
  return {
    async listModels(request, context) {
      const filter = filterFromMessage(request);
      const isMeant = (model: RegisteredModel): boolean => matches(model, filter);
      const snapshot = await visibleSnapshot(registry.loadedSnapshot, accessOf(context), isMeant);
      const page = listPage(snapshot, filter, request.pageSize, request.pageToken);
      const withUnserved = request.includeUnserved && request.pageToken === "";
      const unserved = withUnserved ? await visibleUnserved(registry, filter, accessOf(context)) : [];
      return create(ListModelsResponseSchema, {
        models: page.models.map((model) => modelToMessage(model, registry.readiness(model.key))),
        nextPageToken: page.nextPageToken,
        totalSize: page.totalSize,
        unserved: unserved.map(unservedToMessage),
      });
    },

    async getModel(request, context) {
      const model = await resolveFor(context, pipeline, request);
      // A model that has been checked is checked again in the background.
      await deps.check(model.key, Number.POSITIVE_INFINITY);
      return modelDetailToMessage(
        model,
        registry.readiness(model.key),
        deps.predictPath(model),
        pipeline.load(model.key),
        registry.refusedOf(model),
      );
    },

    async predict(request, context) {
      const { waitForReady } = request;
      const form = request.input.case;
      const model = await resolveFor(context, pipeline, request);
      const body = () => takeRequestBody(request, isJson(context));
      if (request.validateOnly) return plannedResponse(await pipeline.plan(model, { body }));
      const prediction = await pipeline.predict(model, { ...callOf(context), body, waitForReady });
      return predictionResponse(prediction, form);
    },

    async evaluateModel(request, context) {
      const { waitForReady } = request;
      const model = await resolveFor(context, pipeline, request);
      const body = () => takeRequestBody(request, isJson(context));
      const prediction = await pipeline.predict(model, {
        ...callOf(context),
        body,
        waitForReady,
        maxInstances: pipeline.maxVerdicts,
      });
      return evaluationToMessage(evaluate(prediction), versionOf(prediction));
    },

    async evaluateTriggers(request, context) {
      if (isJson(context)) assertFiniteValue(request.samples, "samples");
      const filter = filterFromMessage(request);
      return triggeredToMessage(
        await evaluateTriggers(deps, request.samples ?? {}, filter, accessOf(context), callOf(context)),
      );
    },

    async *watchModels(request, context) {
      const events = watchForCaller(deps, request, accessOf(context), context.signal);
      for await (const event of events) yield watchResponse(event);
    },

    async listActivity({ namespace }, context) {
      const isMeant = (model: RegisteredModel): boolean => namespace === "" || model.namespace === namespace;
      const snapshot = await visibleSnapshot(registry.loadedSnapshot, accessOf(context), isMeant);
      return activityToMessage(snapshot, pipeline, namespace);
    },

    async listSources(_request, context) {
      const access = accessOf(context);
      const seesAll = access === everyone || (await access.mayUseAll());
      const sources = registry.sources.map((source) => sourceToMessage(source, seesAll));
      return create(ListSourcesResponseSchema, { sources });
    },

    async *examineModel(request, context) {
      const model = await resolveFor(context, pipeline, request);
      for await (const step of examinations.of(model, stepTimeoutMs(request.stepTimeout))) {
        yield stepToMessage(step);
        if (context.signal.aborted) return;
        if (deps.stopping.aborted) {
          throw new RegistryError("SHUTTING_DOWN", "The server is stopping; try again", { retryAfterMs: 1000 });
        }
      }
    },
  };
}

/** What a prediction takes over from the call that it is made for. */
export function callOf(context: HandlerContext): CommonCall {
  const call = context.values.get(callKey);
  if (call !== undefined) return predictCallOf(call);
  // Without a server in front.
  const leftMs = context.timeoutMs();
  const deadlineMs = leftMs === undefined ? undefined : performance.now() + leftMs;
  return { headers: {}, caller: callerOf(context.signal), deadlineMs };
}

/** Whether the messages of a call are JSON. */
function isJson({ requestHeader }: HandlerContext): boolean {
  return requestHeader.get("content-type")?.includes("json") === true;
}

/**
 * The model that the caller of a call names, on which it is noted.
 *
 * @throws RegistryError as `Pipeline.resolve`
 */
export async function resolveFor(context: HandlerContext, pipeline: Pipeline, ref: ModelRef): Promise<RegisteredModel> {
  const model = await pipeline.resolve(ref, accessOf(context));
  const call = context.values.get(callKey);
  if (call !== undefined) call.model = model;
  return model;
}

/** Connect aborts with an error of its own when the deadline passes, and with another when the caller leaves. */
function callerOf(signal: AbortSignal): Cancellation<CallerReason> {
  const caller = new Cancellation<CallerReason>();
  const onAbort = (): void => {
    const { reason } = signal;
    const late = reason instanceof ConnectError && reason.code === Code.DeadlineExceeded;
    caller.cancel(late ? "DEADLINE_EXCEEDED" : "CALLER_LEFT");
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return caller;
}
