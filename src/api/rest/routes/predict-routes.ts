import type { JsonObject } from "@bufbuild/protobuf";
import { evaluate, type Verdict } from "../../../predict/evaluate.ts";
import {
  evaluateTriggers,
  maxSamplesJson,
  type Samples,
  type TriggeredModel,
  tooManySamples,
} from "../../../predict/evaluate-triggers.ts";
import { countJsonValues } from "../../../predict/json/count-json-values.ts";
import type { Prediction } from "../../../predict/pipeline.ts";
import { assertFiniteValue } from "../../../predict/transcode/finite.ts";
import type { RegisteredModel } from "../../../registry/model.ts";
import { invalidField } from "../../../registry/registry-error.ts";
import { HttpError, readBody, sendBytes } from "../../http-message.ts";
import { parseJson } from "../../json-text.ts";
import { predictCallOf } from "../../predict-call.ts";
import { versionOf } from "../../rpc/predict-messages.ts";
import { evaluationJson, triggeredJson } from "../../verdict-json.ts";
import { flagOfQuery } from "../model-query.ts";
import { jsonAnswer } from "../openapi/answers.ts";
import type { Examples, Operation } from "../openapi/document.ts";
import { errorRefs } from "../openapi/error-answers.ts";
import {
  evaluation,
  evaluationRequest,
  example,
  predictAnswers,
  predictNames,
  predictRequests,
  samples,
  triggered,
} from "../openapi/examples.ts";
import { nameParameter, traceparentParameter, waitForReadyParameter } from "../openapi/parameters.ts";
import { schemaRef, type schemas } from "../openapi/schemas.ts";
import { type RestContext, refOf } from "../rest-context.ts";
import type { Route, RouteOperation } from "../route.ts";

const predictErrors = {
  ...errorRefs("BadPrediction", "ModelNotFound", "TooSlow", "TooLarge", "NotJson", "TooMany"),
  ...errorRefs("ModelFault", "ModelUnavailable", "ModelTimeout", "NotAllowed"),
};

const jsonType = { "content-type": "application/json" };

/** Predictions, what they mean, and what metric samples call for. */
export const predictRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/api/v1/models/{name}/predict",
    style: "registry",
    operation: predictOperation("predict", "Get predictions"),
    answerIsCounted: true,
    handle: predict,
  },
  {
    method: "POST",
    path: "/api/v1/models/{name}/evaluate",
    style: "registry",
    operation: {
      operationId: "evaluateModel",
      summary: "Get predictions and what they mean",
      description:
        "For each prediction, returns its relevant value, the value's label, whether it crosses the threshold, and the " +
        "owner's advice. Nothing is executed.",
      parameters: [
        nameParameter(example("A model that declares its output", "disk-failure-predictor")),
        waitForReadyParameter,
        traceparentParameter,
      ],
      requestBody: jsonBody("A KServe v1 request.", "PredictRequest", example("A failing disk", evaluationRequest)),
      responses: {
        "200": jsonAnswer("One verdict per instance.", "Evaluation", example("A failing disk", evaluation)),
        ...predictErrors,
      },
    },
    handle: evaluateModel,
  },
  {
    method: "POST",
    path: "/api/v1/triggers/evaluate",
    style: "registry",
    operation: {
      operationId: "evaluateTriggers",
      summary: "Evaluate the models whose triggers fire for metric samples",
      description: "The models are called in parallel. A failing model does not affect the others.",
      parameters: [traceparentParameter],
      requestBody: jsonBody("Samples by name.", "Samples", samples),
      responses: {
        "200": jsonAnswer("The models whose triggers fire.", "TriggeredModels", triggered),
        ...errorRefs("BadBody", "TooSlow", "TooLarge", "NotJson", "NotTakenNow"),
      },
    },
    handle: evaluateFiredTriggers,
  },
];

/** A prediction as both surfaces document it. */
export function predictOperation(operationId: string, summary: string): RouteOperation {
  return {
    operationId,
    summary,
    description:
      "Request and response are passed through byte for byte, except that rows are converted to the format that the " +
      "entry declares. Besides JSON (RFC 8259), both may contain the bare words `NaN`, `Infinity` and `-Infinity`. The " +
      "caller's `authorization` is forwarded to the model only if its entry sets `forwardAuthorization`. If the caller " +
      "disconnects, the call to the model is cancelled and logged as 499.",
    parameters: [nameParameter(predictNames), waitForReadyParameter, traceparentParameter],
    requestBody: jsonBody("A KServe v1 request.", "PredictRequest", predictRequests),
    responses: { "200": jsonAnswer("The predictions.", "PredictResponse", predictAnswers), ...predictErrors },
  };
}

/**
 * KServe's body in, KServe's body out.
 *
 * @param adapt what is done to the body of a model before anything else
 */
export async function predict(context: RestContext, adapt?: BodyAdapter): Promise<void> {
  const { answer } = await predictFromBody(context, { adapt });
  sendBytes(context.response, 200, answer.bytes, jsonType);
}

/** A KServe body in, verdicts out. */
async function evaluateModel(context: RestContext): Promise<void> {
  const prediction = await predictFromBody(context, { maxInstances: context.pipeline.maxVerdicts });
  const body = evaluationJson(evaluate(prediction), versionOf(prediction), restOfVerdictToJson);
  sendBytes(context.response, 200, body, jsonType);
}

/** Metric samples in, the models whose triggers fire out. */
async function evaluateFiredTriggers(context: RestContext): Promise<void> {
  const samples = await readSamples(context);
  const { call } = context;
  const models = await evaluateTriggers(context, samples, {}, call.access, predictCallOf(call));
  const body = await triggeredJson(models, triggeredModelToJson, restOfVerdictToJson);
  sendBytes(context.response, 200, body, jsonType);
}

/** Adapts a body to the model that it is for. */
export type BodyAdapter = (body: Uint8Array, model: RegisteredModel) => Uint8Array;

async function predictFromBody(
  context: RestContext,
  { adapt, maxInstances }: { readonly adapt?: BodyAdapter | undefined; readonly maxInstances?: number },
): Promise<Prediction> {
  const { request, call, pipeline, params, memory } = context;
  const waitForReady = flagOfQuery(context.query, "waitForReady");
  assertJson(request.headers["content-type"]);
  // An unknown model is refused before the body is read.
  const resolved = pipeline.resolve(refOf(params), call.access);
  const model = resolved instanceof Promise ? await resolved : resolved;
  call.model = model;
  const body = await readBody(request, context, { memory, holder: call });
  return await pipeline.predict(model, {
    ...predictCallOf(call),
    body: () => adapt?.(body, model) ?? body,
    waitForReady,
    maxInstances,
  });
}

/** Metric samples by name: the body itself is the object. */
async function readSamples(context: RestContext): Promise<Samples> {
  const { request, memory, call } = context;
  assertJson(request.headers["content-type"]);
  const body = await readBody(request, context, { memory, holder: call });
  if (countJsonValues(body, maxSamplesJson) > maxSamplesJson) throw tooManySamples();
  const value = parseJson(body, context);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidField("body", 'expected a JSON object of samples by name, {"disk_utilization": 91.2}');
  }
  assertFiniteValue(value as JsonObject, "samples");
  return value as Samples;
}

/** The accepted media types. `curl -d` declares a form, and means JSON. */
const jsonTypes = /^(application\/([\w.+-]+\+)?json|application\/x-www-form-urlencoded|text\/plain|text\/json)$/;

function assertJson(header: string | undefined): void {
  if (header === undefined || header === "application/json") return;
  const [type = "", ...parameters] = header.split(";").map((part) => part.trim().toLowerCase());
  const charset = parameters
    .find((parameter) => parameter.startsWith("charset="))
    ?.slice(8)
    .replaceAll('"', "");
  if (!jsonTypes.test(type)) {
    throw new HttpError(415, `content-type ${type.slice(0, 80)} is not supported; send application/json`);
  }
  if (charset !== undefined && charset !== "utf-8" && charset !== "utf8" && charset !== "us-ascii") {
    throw new HttpError(415, `charset ${charset.slice(0, 40)} is not supported; send UTF-8`);
  }
}

/** The fields of a verdict besides its values and label, as `/api/v1/models/{name}/evaluate` shows it. */
function restOfVerdictToJson({ threshold, comparison, thresholdCrossed, remediationActions }: Verdict): object {
  // Fields about the threshold are left out where there is none.
  return threshold === undefined
    ? { remediationActions }
    : { threshold, comparison, thresholdCrossed, remediationActions };
}

/** A model whose triggers fire, all but its verdict, as `/api/v1/triggers/evaluate` shows it. */
function triggeredModelToJson({ model, triggers, outcome }: TriggeredModel): object {
  return {
    modelName: model.name,
    namespace: model.namespace,
    triggers: triggers.map(({ trigger, sample }) => ({ trigger: trigger.name ?? trigger, sample })),
    ...outcomeToJson(outcome),
  };
}

function outcomeToJson(outcome: TriggeredModel["outcome"]): object {
  switch (outcome.kind) {
    case "evaluation":
      return {};
    case "missing-features":
      return { missingFeatures: outcome.names };
    case "failure":
      return { failure: { reason: outcome.reason, message: outcome.message } };
  }
}

/** A JSON body of a request, as it is read everywhere. */
function jsonBody(
  description: string,
  schema: keyof typeof schemas,
  examples: Examples,
): Operation["requestBody"] & object {
  return {
    required: true,
    description:
      `${description} At most \`MAX_REQUEST_SIZE\` (16 MiB), before and after decompression (gzip, deflate, br). ` +
      "`content-type` is optional; `application/x-www-form-urlencoded` and `text/plain` are accepted as JSON too, " +
      "because `curl -d` and browsers send them.",
    content: { "application/json": { schema: schemaRef(schema), examples } },
  };
}
