import { answer, jsonAnswer, textAnswer } from "./answers.ts";
import type { Examples, Operation, PathItem, Response } from "./document.ts";
import { errorRefs } from "./error-answers.ts";
import {
  evaluation,
  evaluationRequest,
  example,
  modelDetailExample,
  modelExample,
  modelNames,
  predictAnswers,
  predictNames,
  predictRequests,
  samples,
  triggered,
} from "./examples.ts";
import {
  formatParameter,
  listParameters,
  nameParameter,
  requestIdParameter,
  traceparentParameter,
  waitForReadyParameter,
  watchParameters,
} from "./parameters.ts";
import { schemaRef, type schemas } from "./schemas.ts";

const oneName = nameParameter(example("A model of the demo", "anomaly-detector"));
const alive = jsonAnswer("Alive.", "Alive", example("Alive", { status: "alive" }));

const predictErrors = {
  ...errorRefs("BadPrediction", "ModelNotFound", "OnlyPost", "TooSlow", "TooLarge", "NotJson", "TooMany"),
  ...errorRefs("InternalError", "ModelFault", "ModelUnavailable", "ModelTimeout", "NotKnown", "NotAllowed"),
};

/** Every path of the REST surfaces. */
export const paths: Readonly<Record<string, PathItem>> = {
  "/api/v1/models": read({
    operationId: "listModels",
    tag: "Models",
    summary: "List the registered models",
    parameters: [...listParameters, ...watchParameters],
    ok: answer("The models that match, by name.", {
      "application/json": {
        schema: schemaRef("ModelList"),
        examples: {
          all: { summary: "All models", value: { models: [modelExample] } },
          page: {
            summary: "One page (`pageSize=1`)",
            value: { models: [modelExample], nextPageToken: "Nzk5YzU1ZDdhbm9tYWx5LWRldGVjdG9y", totalSize: 3 },
          },
        },
      },
      "text/event-stream": {
        schema: {
          type: "string",
          description:
            "For `watch=true`. Events are `reset`, `added`, `changed`, `removed` and `synced`; their data is " +
            '`{"model": ..., "changedFields": [...]}`, or `{}` for `reset` and `synced`.',
        },
      },
    }),
    errors: errorRefs("BadListQuery", "AccessNotChecked"),
  }),
  "/api/v1/models/{name}": read({
    operationId: "getModel",
    tag: "Models",
    summary: "Get one model",
    description: "A model that has not been checked yet is asked for its readiness first.",
    parameters: [oneName],
    ok: jsonAnswer("The model.", "ModelDetail", example("A model", modelDetailExample)),
    errors: errorRefs("BadName", "ModelNotFound", "NotAllowed", "AccessNotChecked"),
  }),
  "/api/v1/models/{name}/contract": read({
    operationId: "getContract",
    tag: "Models",
    summary: "Get the typed contract of one model",
    description: "Only models that declare their features have one.",
    parameters: [
      nameParameter(example("A model that declares its features", "disk-failure-predictor")),
      formatParameter,
    ],
    ok: answer(
      "The contract.",
      {
        "text/plain": { schema: { type: "string", description: "`proto`, the default: a .proto file." } },
        "application/schema+json": {
          schema: { type: "object", description: "`json-schema`: what a prediction request holds." },
        },
        "application/json": {
          schema: { type: "object", description: "`openapi`: its prediction route as an OpenAPI document." },
        },
      },
      {
        "content-disposition": {
          description: "What a file with it is called: `disk_failure_predictor.proto`, in snake_case.",
          required: true,
          schema: { type: "string", pattern: '^inline; filename="[a-z][a-z0-9_.]*"$' },
        },
      },
    ),
    errors: errorRefs("BadName", "NoContract", "NotAllowed", "AccessNotChecked"),
  }),
  "/api/v1/models/{name}/predict": predict("predict", "Models", "Get predictions"),
  "/api/v1/models/{name}/evaluate": {
    post: {
      operationId: "evaluateModel",
      tags: ["Models"],
      summary: "Get predictions, and what they mean",
      description:
        "Predicts, and finds in each prediction the value that matters, its label, whether it crosses the threshold, " +
        "and the owner's advice. Nothing is executed.",
      parameters: [
        nameParameter(example("A model that declares its output", "disk-failure-predictor")),
        waitForReadyParameter,
        requestIdParameter,
        traceparentParameter,
      ],
      requestBody: body("A KServe v1 request.", "PredictRequest", example("A failing disk", evaluationRequest)),
      responses: {
        "200": jsonAnswer("One verdict per instance.", "Evaluation", example("A failing disk", evaluation)),
        ...predictErrors,
      },
    },
  },
  "/api/v1/triggers/evaluate": {
    post: {
      operationId: "evaluateTriggers",
      tags: ["Models"],
      summary: "Find the models whose triggers fire for some metric samples, and evaluate them",
      description: "The models are asked side by side; one that fails does not keep the others from answering.",
      parameters: [requestIdParameter, traceparentParameter],
      requestBody: body("Samples by name.", "Samples", samples),
      responses: {
        "200": jsonAnswer("The models whose triggers fire.", "TriggeredModels", triggered),
        ...errorRefs(
          "BadBody",
          "OnlyPost",
          "TooSlow",
          "TooLarge",
          "NotJson",
          "InternalError",
          "NotKnown",
          "NotTakenNow",
        ),
      },
    },
  },
  "/v1/models": read({
    operationId: "kserveListModels",
    tag: "KServe v1",
    summary: "The names of the models, as a KServe server lists them",
    ok: jsonAnswer("The names.", "ModelNames", example("Names", { models: modelNames })),
    errors: errorRefs("BadQuery", "AccessNotChecked"),
  }),
  "/v1/models/{name}": read({
    operationId: "kserveModelReadiness",
    tag: "KServe v1",
    summary: "Whether a model is ready",
    description: "The model is asked, unless its last answer is younger than a second.",
    parameters: [oneName],
    ok: jsonAnswer(
      "The model is ready.",
      "ModelReadiness",
      example("Ready", { name: "anomaly-detector", ready: true }),
    ),
    errors: errorRefs("BadName", "ModelNotFound", "NotAllowed", "ModelNotReady"),
  }),
  "/v1/models/{name}:predict": predict(
    "kservePredict",
    "KServe v1",
    "Get predictions as from a KServe server; the colon may be written %3A",
  ),
  "/": read({
    operationId: "kserveAlive",
    tag: "KServe v1",
    summary: "Whether the server is alive, as KServe says it",
    ok: alive,
  }),
  "/livez": read({ operationId: "livez", tag: "Probes", summary: "Whether the process is alive", ok: alive }),
  "/readyz": readiness("readyz", "Whether calls are welcome"),
  "/readyz/health": readiness("readyzHealth", "The same as /readyz, for manifests that ask here"),
  "/readyz/isDirty": read({
    operationId: "readyzIsDirty",
    tag: "Probes",
    summary: "Always clean, for manifests that ask here: there is no database",
    ok: jsonAnswer("Clean.", "Clean", example("Clean", { status: "clean" })),
  }),
  "/metrics": read({
    operationId: "metrics",
    tag: "Probes",
    summary: "Metrics in the text format of Prometheus",
    ok: textAnswer(
      "The metrics.",
      { type: "string" },
      example("One metric", 'kserve_inference_requests_total{model="anomaly-detector",namespace="ns"} 42\n'),
    ),
  }),
  "/openapi.json": read({
    operationId: "openapi",
    tag: "Probes",
    summary: "This document",
    ok: jsonAnswer("This document.", "Openapi", {}),
  }),
};

interface Read extends Pick<Operation, "operationId" | "summary" | "description"> {
  readonly tag: string;
  readonly parameters?: Operation["parameters"];
  readonly ok: Response;
  /** Default: an unknown query parameter, which is refused everywhere. */
  readonly errors?: Operation["responses"];
}

function read({ tag, parameters = [], ok, errors = errorRefs("BadQuery"), ...about }: Read): PathItem {
  return {
    get: {
      ...about,
      tags: [tag],
      parameters: [...parameters, requestIdParameter],
      responses: { "200": ok, ...errors, ...errorRefs("OnlyGet", "InternalError", "NotKnown") },
    },
  };
}

function predict(operationId: string, tag: string, summary: string): PathItem {
  return {
    post: {
      operationId,
      tags: [tag],
      summary,
      description:
        "Request and answer pass byte for byte, except that rows are brought to the form that the entry declares. " +
        "Besides JSON (RFC 8259) both may hold the bare words `NaN`, `Infinity` and `-Infinity`. The caller's " +
        "`authorization` goes to the model only where the entry asks for it. A caller that leaves early ends the call " +
        "to the model; the log then says 499.",
      parameters: [nameParameter(predictNames), waitForReadyParameter, requestIdParameter, traceparentParameter],
      requestBody: body("A KServe v1 request.", "PredictRequest", predictRequests),
      responses: { "200": jsonAnswer("The predictions.", "PredictResponse", predictAnswers), ...predictErrors },
    },
  };
}

function body(
  description: string,
  schema: keyof typeof schemas,
  examples: Examples,
): Operation["requestBody"] & object {
  return {
    required: true,
    description:
      `${description} At most \`MAX_REQUEST_SIZE\` (16 MiB), before and after decompression (gzip, br). A ` +
      "`content-type` may be left out; `application/x-www-form-urlencoded` and `text/plain` are taken for JSON too, " +
      "because `curl -d` and browsers say so.",
    content: { "application/json": { schema: schemaRef(schema), examples } },
  };
}

function readiness(operationId: string, summary: string): PathItem {
  return read({
    operationId,
    tag: "Probes",
    summary,
    ok: jsonAnswer("Ready.", "Ready", example("Ready", { status: "ready", models: 3 })),
    errors: {
      ...errorRefs("BadQuery"),
      "503": jsonAnswer(
        "Not ready.",
        "NotReady",
        example("Stopping", { status: "not ready", reason: "the server is stopping" }),
      ),
    },
  });
}
