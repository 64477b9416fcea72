import { inputsAsInstances } from "../../../predict/inputs-as-instances.ts";
import { HttpError, sendJson } from "../../http-message.ts";
import {
  assertCouldBe,
  modelNamesResponses,
  modelReadinessResponses,
  namedModel,
  sendModelNames,
  sendModelReadiness,
} from "../kserve-model.ts";
import { jsonAnswer } from "../openapi/answers.ts";
import { errorRefs } from "../openapi/error-answers.ts";
import { example, predictNames } from "../openapi/examples.ts";
import { nameParameter } from "../openapi/parameters.ts";
import { refOf } from "../rest-context.ts";
import type { Route } from "../route.ts";
import { predict, predictOperation } from "./predict-routes.ts";

const noModelServer = "this server has no source of models; it only keeps versions, at /api/model_registry/v1";

/** The API of a KServe model server, so that its clients can be pointed here. */
export const kserveRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/",
    style: "kserve",
    operation: {
      operationId: "kserveAlive",
      summary: "Whether the server is alive, as a KServe server reports it",
      description: "404 if the server has only a registry of versions, which clients of Kubeflow's registry check for.",
      responses: {
        "200": jsonAnswer("Alive.", "Alive", example("Alive", { status: "alive" })),
        "404": jsonAnswer("It serves no models.", "Error", example("No models", { error: noModelServer })),
      },
    },
    handle: ({ response, registry }) => {
      if (registry.sources.length === 0) throw new HttpError(404, noModelServer);
      sendJson(response, 200, { status: "alive" });
    },
  },
  {
    method: "GET",
    path: "/v1/models",
    style: "kserve",
    operation: {
      operationId: "kserveListModels",
      summary: "List the names of the models, as a KServe server does",
      responses: modelNamesResponses,
    },
    handle: sendModelNames,
  },
  {
    method: "GET",
    path: "/v1/models/{name}",
    style: "kserve",
    operation: {
      operationId: "kserveModelReadiness",
      summary: "Whether a model is ready",
      description: "The model's readiness is checked, unless the last check was less than a second ago.",
      parameters: [nameParameter(example("A model of the demo", "anomaly-detector"))],
      responses: modelReadinessResponses,
    },
    handle: sendModelReadiness,
  },
  {
    method: "POST",
    path: "/v1/models/{name}:predict",
    style: "kserve",
    operation: predictOperation(
      "kservePredict",
      "Get predictions as from a KServe server; the colon may be sent as %3A",
    ),
    answerIsCounted: true,
    handle: (context) => {
      assertCouldBe(context.registry, refOf(context.params));
      return predict(context, (body, { inputFormat }) =>
        // For models of other formats, `inputs` may have a meaning of its own.
        inputFormat === "array"
          ? inputsAsInstances(body, context.pipeline.maxJsonDepth, context.pipeline.maxTextValues)
          : body,
      );
    },
  },
  {
    method: "POST",
    path: "/v1/models/{name}:explain",
    style: "kserve",
    operation: {
      operationId: "kserveExplain",
      summary: "Not supported: call the model's explainer directly",
      parameters: [nameParameter(predictNames)],
      responses: errorRefs("BadName", "ModelNotFound", "NotAllowed", "NotExplained", "NotAnsweredNow"),
    },
    handle: async (context) => {
      const model = await namedModel(context);
      throw new HttpError(501, `Model ${model.name} is served without explanations; call its explainer directly`);
    },
  },
];
