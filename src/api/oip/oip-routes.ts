import type { RestInference } from "../../registry/inference.ts";
import { invalidField } from "../../registry/registry-error.ts";
import { readBody, sendBytes, sendJson } from "../http-message.ts";
import { parseJson } from "../json-text.ts";
import { predictCallOf } from "../predict-call.ts";
import {
  modelNamesResponses,
  modelReadinessResponses,
  namedModel,
  sendModelNames,
  sendModelReadiness,
} from "../rest/kserve-model.ts";
import { namespacedRoutes } from "../rest/namespaced-routes.ts";
import { answer, jsonAnswer } from "../rest/openapi/answers.ts";
import type { Examples, Response } from "../rest/openapi/document.ts";
import { errorRefs } from "../rest/openapi/error-answers.ts";
import { example, modelNames } from "../rest/openapi/examples.ts";
import { inHeader, inPath } from "../rest/openapi/parameter.ts";
import { nameParameter, traceparentParameter } from "../rest/openapi/parameters.ts";
import type { RestContext } from "../rest/rest-context.ts";
import type { Route, RouteFamily } from "../rest/route.ts";
import { infer } from "./infer.ts";
import { modelMetadata, repositoryIndex, serverMetadata } from "./metadata.ts";
import { assertVersion } from "./model-version.ts";
import { type OipSchema, oipRef, oipSchemas } from "./oip-schemas.ts";

function oipAnswer(description: string, schema: OipSchema, examples: Examples): Response {
  return answer(description, { "application/json": { schema: oipRef(schema), examples } });
}

/** More than a request for the list of models ever has. */
const indexRequestLimit = { maxBytes: 64 * 1024, variable: undefined };

const demoModel = nameParameter(example("A model of the demo", "anomaly-detector"));

const versionParameter = inPath("version", "A version that the model server reports.", {
  type: "string",
  minLength: 1,
});

const headerLengthName = "inference-header-content-length";

const headerLengthParameter = inHeader(
  headerLengthName,
  "How many bytes of the body are JSON; the data of binary tensors follows. Omitted: all of them.",
  { type: "integer", minimum: 1 },
);

const features = ["disk_utilization", "iops", "disk_age_days"];

const diskMetadata = {
  name: "disk-failure-predictor",
  versions: [],
  platform: "",
  inputs: [{ name: "input-0", datatype: "FP64", shape: [-1, features.length] }],
  outputs: [{ name: "failure_probability", datatype: "FP64", shape: [-1] }],
};

const diskRequest = {
  inputs: [{ name: "input-0", shape: [1, features.length], datatype: "FP64", data: [91.2, 5000, 365] }],
};

const diskAnswer = {
  model_name: "disk-failure-predictor",
  outputs: [{ name: "failure_probability", shape: [1], datatype: "FP64", data: [0.91] }],
};

const routes: readonly Route[] = [
  {
    method: "GET",
    path: "/v2",
    style: "kserve",
    operation: {
      operationId: "oipServerMetadata",
      summary: "Get the server's name, version and extensions",
      responses: { "200": oipAnswer("The server.", "OipServer", example("This server", serverMetadata)) },
    },
    handle: ({ response }) => sendJson(response, 200, serverMetadata),
  },
  {
    method: "GET",
    path: "/v2/health/live",
    style: "kserve",
    operation: {
      operationId: "oipServerLive",
      summary: "Whether the server is alive",
      responses: { "200": oipAnswer("Alive.", "OipLive", example("Alive", { live: true })) },
    },
    handle: ({ response }) => sendJson(response, 200, { live: true }),
  },
  {
    method: "GET",
    path: "/v2/health/ready",
    style: "kserve",
    operation: {
      operationId: "oipServerReady",
      summary: "Whether the server accepts calls, whatever the state of its models",
      responses: {
        "200": oipAnswer("Ready.", "OipReady", example("Ready", { ready: true })),
        "503": jsonAnswer("Not ready.", "Error", example("Stopping", { error: "the server is stopping" })),
      },
    },
    handle: sendReadiness,
  },
  {
    method: "GET",
    path: "/v2/models",
    style: "kserve",
    operation: {
      operationId: "oipListModels",
      summary: "List the names of the models",
      responses: modelNamesResponses,
    },
    handle: sendModelNames,
  },
  ...ofEachVersion({
    method: "GET",
    path: "/v2/models/{name}/ready",
    style: "kserve",
    operation: {
      operationId: "oipModelReady",
      summary: "Whether a model is ready",
      description: "The model's readiness is checked, unless the last check was less than a second ago.",
      parameters: [demoModel],
      responses: modelReadinessResponses,
    },
    handle: sendModelReadiness,
  }),
  ...ofEachVersion({
    method: "GET",
    path: "/v2/models/{name}",
    style: "kserve",
    operation: {
      operationId: "oipModelMetadata",
      summary: "Get the input and output tensors of a model",
      description:
        "From its server's metadata, or from the features that its entry declares; empty if there are neither. -1 is a " +
        "dimension of any size.",
      parameters: [nameParameter(example("A model of the demo", "disk-failure-predictor"))],
      responses: {
        "200": oipAnswer("The tensors.", "OipModel", example("A model with declared features", diskMetadata)),
        ...errorRefs("BadName", "ModelNotFound", "NotAllowed", "ModelFault", "ModelUnavailable", "ModelTimeout"),
      },
    },
    handle: sendMetadata,
  }),
  ...ofEachVersion({
    method: "POST",
    path: "/v2/models/{name}/infer",
    style: "kserve",
    operation: {
      operationId: "oipInfer",
      summary: "Get predictions as tensors",
      description:
        "To a model that speaks the protocol, the request is passed through. To a KServe v1 model, tensors are sent as rows: " +
        "one tensor `[n, f]` with any name, or one `[n]` or `[n, 1]` per declared feature; predictions become tensors. " +
        "With the binary tensor extension, `inference-header-content-length` is the number of bytes that are JSON, " +
        "whatever the `content-type`; a response with binary outputs has the same header.",
      parameters: [
        nameParameter(example("A model of the demo", "disk-failure-predictor")),
        headerLengthParameter,
        traceparentParameter,
      ],
      requestBody: {
        required: true,
        description:
          "At most `MAX_REQUEST_SIZE` (16 MiB), before and after decompression (gzip, deflate, br). It is read as JSON, " +
          "whatever its `content-type`.",
        content: {
          "application/json": { schema: oipRef("OipInferRequest"), examples: example("A failing disk", diskRequest) },
        },
      },
      responses: {
        "200": answer(
          "The predictions.",
          {
            "application/json": { schema: oipRef("OipInferResponse"), examples: example("A failing disk", diskAnswer) },
            "application/octet-stream": {
              schema: { type: "string", description: "JSON, followed by the binary outputs." },
            },
          },
          {
            [headerLengthName]: {
              description: "How many bytes are JSON, if binary outputs follow.",
              required: false,
              schema: { type: "integer", minimum: 1 },
            },
          },
        ),
        ...errorRefs("BadInference", "ModelNotFound", "TooSlow", "TooLarge", "NotDecompressed", "TooMany"),
        ...errorRefs("ModelFault", "ModelUnavailable", "ModelTimeout", "NotAllowed"),
      },
    },
    answerIsCounted: true,
    handle: inferOverRest,
  }),
  {
    method: "POST",
    path: "/v2/repository/index",
    style: "kserve",
    operation: {
      operationId: "oipRepositoryIndex",
      summary: "List the models with their states",
      requestBody: {
        required: false,
        description: 'May be empty. `{"ready": true}`: only models that are ready.',
        content: {
          "application/json": { schema: oipRef("OipIndexRequest"), examples: example("Ready models", { ready: true }) },
        },
      },
      responses: {
        "200": oipAnswer(
          "The models, by name. Below a namespace, only its models.",
          "OipIndex",
          example(
            "The models of the demo",
            modelNames.map((name) => ({ name, version: "", state: "READY" })),
          ),
        ),
        ...errorRefs("BadBody", "TooSlow", "TooLarge", "NotTakenNow"),
      },
    },
    handle: sendIndex,
  },
];

/** The Open Inference Protocol over REST, at the root and once more below each namespace. */
export const oipFamily: RouteFamily = {
  tag: {
    name: "Open Inference Protocol",
    description: "The API of a KServe v2 server, for its clients.",
  },
  routes: [...routes, ...namespacedRoutes(routes, "/v2", "/namespaces/{namespace}/v2", () => true)],
  schemas: oipSchemas,
};

/** The same for a model and for one of its versions. */
function ofEachVersion(route: Route): readonly Route[] {
  const { path, operation, handle } = route;
  const versioned: Route = {
    ...route,
    path: path.replace("{name}", "{name}/versions/{version}"),
    operation: {
      ...operation,
      operationId: `${operation.operationId}OfVersion`,
      summary: `${operation.summary}, of one version`,
      parameters: [...(operation.parameters ?? []), versionParameter],
    },
    async handle(context) {
      const model = await namedModel(context);
      await assertVersion(context.pipeline, model, context.params.version!, predictCallOf(context.call));
      await handle(context);
    },
  };
  return [route, versioned];
}

async function sendMetadata(context: RestContext): Promise<void> {
  const { response, call, pipeline } = context;
  const model = await namedModel(context);
  const metadata = await modelMetadata(pipeline, model, predictCallOf(call));
  const { platform, versions, inputs, outputs } = metadata;
  sendJson(response, 200, { name: model.name, versions, platform, inputs, outputs });
}

async function inferOverRest(context: RestContext): Promise<void> {
  const { request, response, call, params, memory } = context;
  // An unknown model is refused before its tensors are taken.
  const named = namedModel(context);
  const model = named instanceof Promise ? await named : named;
  const jsonBytes = headerLength(request.headers[headerLengthName]);
  const body = await readBody(request, context, { memory, holder: call });
  const asked = { form: "rest", body, jsonBytes, version: params.version ?? "" } as const;
  const answered = (await infer(context, model, asked, predictCallOf(call))) as RestInference;
  // What was made of predictions may be longer than what came.
  memory.takeAtLeast(call, answered.body.byteLength);
  const headers =
    answered.jsonBytes === undefined
      ? { "content-type": "application/json" }
      : { "content-type": "application/octet-stream", [headerLengthName]: String(answered.jsonBytes) };
  sendBytes(response, 200, answered.body, headers);
}

/** @throws RegistryError INVALID_REQUEST */
function headerLength(header: string | readonly string[] | undefined): number | undefined {
  if (header === undefined) return undefined;
  const length = typeof header === "string" && /^\d{1,12}$/.test(header) ? Number(header) : Number.NaN;
  if (!(length > 0)) throw invalidField(headerLengthName, "expected how many bytes of the body are JSON, 1 or more");
  return length;
}

function sendReadiness({ response, notReadyReason }: RestContext): void {
  const reason = notReadyReason();
  if (reason === undefined) sendJson(response, 200, { ready: true });
  else sendJson(response, 503, { error: reason });
}

async function sendIndex(context: RestContext): Promise<void> {
  const { response, registry, call, params } = context;
  const ready = await readIndexRequest(context);
  const models = await repositoryIndex(registry, call.access, { namespace: params.namespace, ready });
  sendJson(
    response,
    200,
    models.map(({ reason, ...model }) => (reason === "" ? model : { ...model, reason })),
  );
}

/** Whether only models are asked for that can be used. */
async function readIndexRequest(context: RestContext): Promise<boolean> {
  const { request, memory, call } = context;
  const body = await readBody(request, context, { memory, holder: call }, indexRequestLimit);
  if (body.byteLength === 0) return false;
  const value = parseJson(body, context);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidField("body", 'expected a JSON object, {"ready": true}, or nothing');
  }
  const { ready = false } = value as { readonly ready?: unknown };
  if (typeof ready !== "boolean") throw invalidField("ready", "expected true or false");
  return ready;
}
