import { invalidField } from "../../registry/registry-error.ts";
import { readBody, sendJson } from "../http-message.ts";
import { parseJson } from "../read-json.ts";
import { sendModelNames, sendModelReadiness } from "../rest/kserve-model.ts";
import { namespacedRoutes } from "../rest/namespaced-routes.ts";
import { answer, jsonAnswer } from "../rest/openapi/answers.ts";
import type { Examples, Response } from "../rest/openapi/document.ts";
import { errorRefs } from "../rest/openapi/error-answers.ts";
import { example, modelNames } from "../rest/openapi/examples.ts";
import { nameParameter } from "../rest/openapi/parameters.ts";
import type { RestContext } from "../rest/rest-context.ts";
import type { Route, RouteFamily } from "../rest/route.ts";
import { type OipSchema, oipRef, oipSchemas } from "./oip-schemas.ts";
import { repositoryIndex } from "./repository-index.ts";
import { serverMetadata } from "./server-metadata.ts";

function oipAnswer(description: string, schema: OipSchema, examples: Examples): Response {
  return answer(description, { "application/json": { schema: oipRef(schema), examples } });
}

/** More than a request for the list of models ever has. */
const maxIndexRequestBytes = 64 * 1024;

const demoModel = nameParameter(example("A model of the demo", "anomaly-detector"));

const routes: readonly Route[] = [
  {
    method: "GET",
    path: "/v2",
    style: "kserve",
    operation: {
      operationId: "oipServerMetadata",
      summary: "What the server is, and what it can do beyond the protocol",
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
      summary: "Whether calls are welcome; says nothing about the models",
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
      summary: "The names of the models",
      responses: {
        "200": jsonAnswer("The names.", "ModelNames", example("Names", { models: modelNames })),
        ...errorRefs("NotAnsweredNow"),
      },
    },
    handle: sendModelNames,
  },
  {
    method: "GET",
    path: "/v2/models/{name}/ready",
    style: "kserve",
    operation: {
      operationId: "oipModelReady",
      summary: "Whether a model is ready",
      description: "The model is asked, unless its last answer is younger than a second.",
      parameters: [demoModel],
      responses: {
        "200": jsonAnswer(
          "The model is ready.",
          "ModelReadiness",
          example("Ready", { name: "anomaly-detector", ready: true }),
        ),
        ...errorRefs("BadName", "ModelNotFound", "NotAllowed", "ModelNotReady"),
      },
    },
    handle: sendModelReadiness,
  },
  {
    method: "POST",
    path: "/v2/repository/index",
    style: "kserve",
    operation: {
      operationId: "oipRepositoryIndex",
      summary: "The models and their states",
      requestBody: {
        required: false,
        description: 'May be empty. `{"ready": true}`: only models that can be used.',
        content: {
          "application/json": { schema: oipRef("OipIndexRequest"), examples: example("Those in use", { ready: true }) },
        },
      },
      responses: {
        "200": oipAnswer(
          "The models, by name. Below a namespace those of the namespace.",
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
    description: "What a KServe v2 server answers, so that clients of v2 can point here.",
  },
  routes: [...routes, ...namespacedRoutes(routes, "/v2", "/namespaces/{namespace}/v2", () => true)],
  schemas: oipSchemas,
};

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
  const body = await readBody(request, { ...context, maxRequestBytes: maxIndexRequestBytes }, { memory, holder: call });
  if (body.byteLength === 0) return false;
  const value = parseJson(body, context);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidField("body", 'expected a JSON object, {"ready": true}, or nothing');
  }
  const { ready = false } = value as { readonly ready?: unknown };
  if (typeof ready !== "boolean") throw invalidField("ready", "expected true or false");
  return ready;
}
