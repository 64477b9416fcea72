import { isDnsLabel } from "../../../base/field-reader.ts";
import { inputsAsInstances } from "../../../predict/inputs-as-instances.ts";
import { visibleSnapshot } from "../../../registry/access.ts";
import { splitName } from "../../../registry/registered-name.ts";
import { RegistryError } from "../../../registry/registry-error.ts";
import { HttpError, sendJson } from "../../http-message.ts";
import { refOf } from "../model-ref.ts";
import { jsonAnswer } from "../openapi/answers.ts";
import { errorRefs } from "../openapi/error-answers.ts";
import { example, modelNames, predictNames } from "../openapi/examples.ts";
import { nameParameter } from "../openapi/parameters.ts";
import type { RestContext } from "../rest-context.ts";
import type { Route } from "../route.ts";
import { predict, predictOperation } from "./predict-routes.ts";

const noModelServer = "this server has no source of models; it only keeps versions, at /api/model_registry/v1";

/** What a KServe model server answers, so that its clients can point here. */
export const kserveRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/",
    style: "kserve",
    operation: {
      operationId: "kserveAlive",
      summary: "Whether the server is alive, as KServe says it",
      description: "404 of a server that only keeps versions: clients of Kubeflow's registry look for that.",
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
      summary: "The names of the models, as a KServe server lists them",
      responses: {
        "200": jsonAnswer("The names.", "ModelNames", example("Names", { models: modelNames })),
        ...errorRefs("NotAnsweredNow"),
      },
    },
    handle: listNames,
  },
  {
    method: "GET",
    path: "/v1/models/{name}",
    style: "kserve",
    operation: {
      operationId: "kserveModelReadiness",
      summary: "Whether a model is ready",
      description: "The model is asked, unless its last answer is younger than a second.",
      parameters: [nameParameter(example("A model of the demo", "anomaly-detector"))],
      responses: {
        "200": jsonAnswer(
          "The model is ready.",
          "ModelReadiness",
          example("Ready", { name: "anomaly-detector", ready: true }),
        ),
        ...errorRefs("BadName", "ModelNotFound", "NotAllowed", "ModelNotReady"),
      },
    },
    handle: modelReadiness,
  },
  {
    method: "POST",
    path: "/v1/models/{name}:predict",
    style: "kserve",
    operation: predictOperation(
      "kservePredict",
      "Get predictions as from a KServe server; the colon may be written %3A",
    ),
    handle: (context) => {
      assertCouldBeName(context);
      return predict(context, (body, { inputFormat }) =>
        // Models of the other formats may mean something of their own by `inputs`.
        inputFormat === "array"
          ? inputsAsInstances(Buffer.from(body.buffer, body.byteOffset, body.byteLength), context.pipeline.maxJsonDepth)
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
      summary: "Not served: explanations are asked of the model server itself",
      parameters: [nameParameter(predictNames)],
      responses: errorRefs("BadName", "ModelNotFound", "NotAllowed", "NotExplained", "NotAnsweredNow"),
    },
    handle: async (context) => {
      const { pipeline, call, params } = context;
      assertCouldBeName(context);
      const model = await pipeline.resolve(refOf(params), call.access);
      call.model = model;
      throw new HttpError(501, `Model ${model.name} is served without explanations; ask its explainer itself`);
    },
  },
];

/** The names that alone mean a model; below a namespace those of its models. */
async function listNames({ response, registry, call, params }: RestContext): Promise<void> {
  const { names, keys, models } = await visibleSnapshot(registry.loadedSnapshot, call.access);
  const { namespace } = params;
  const ofNamespace = (): string[] =>
    keys
      .map((key) => models.get(key)!)
      .filter((model) => model.namespace === namespace)
      .map(({ name }) => name);
  sendJson(response, 200, { models: namespace === undefined ? names : ofNamespace() });
}

/** As a KServe server answers it, now: its clients poll this until a model is there. */
async function modelReadiness(context: RestContext): Promise<void> {
  const { response, registry, pipeline, call, params, check } = context;
  const name = params.name!;
  assertCouldBeName(context);
  const model = await pipeline.resolve(refOf(params), call.access);
  call.model = model;
  await check(model.key, 1000);
  if (registry.readiness(model.key).state === "ready") sendJson(response, 200, { name, ready: true });
  else sendJson(response, 503, { error: `Model with name ${name} is not ready.` }, { "retry-after": "1" });
}

/** To a KServe server every name that it does not have is unknown, whatever it looks like. */
function assertCouldBeName({ registry, params }: RestContext): void {
  const { name: written = "", namespace = "x" } = params;
  const { cluster, name } = splitName(written);
  const isThere = cluster === "" ? !written.includes("/") : registry.hasCluster(cluster);
  if (isThere && isDnsLabel(name) && isDnsLabel(namespace)) return;
  throw new RegistryError("MODEL_NOT_FOUND", "No model can have this name", { metadata: { model: written } });
}
