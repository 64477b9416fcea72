import { kindNames, kinds } from "../../../versions/kinds/kinds.ts";
import type { KindOrArtifact } from "../../../versions/ports.ts";
import { HttpError } from "../../http-message.ts";
import type { Route, RouteFamily, RouteMethod } from "../../rest/route.ts";
import { type Flavour, flavours } from "./flavour.ts";
import { type OperationWords, operationOf } from "./operation.ts";
import { recordHandlers, subRecordHandlers } from "./record-handlers.ts";
import { versionsResponses, versionsSchemas } from "./schemas.ts";
import {
  createEnvironmentService,
  createVersion,
  deleteAlias,
  deleteServe,
  listAliases,
  servedModel,
  servedVersion,
  setAlias,
  upsertArtifact,
} from "./sub-handlers.ts";
import { type VersionsContext, type VersionsRestDeps, versionsHandler } from "./versions-context.ts";

/** One collection: its kind, and its words in paths. */
interface Collection {
  readonly kind: KindOrArtifact;
  readonly title: string;
  readonly one: string;
  readonly many: string;
}

const collections: readonly Collection[] = [
  ...kindNames.flatMap((kind) => {
    const { title, collection } = kinds[kind];
    return collection === false ? [] : [{ kind, title, one: collection.replace(/s$/, ""), many: collection }];
  }),
  { kind: "artifact", title: "Artifact", one: "artifact", many: "artifacts" },
];

type Handle = (context: VersionsContext) => void | Promise<void>;
type Line = readonly [method: RouteMethod, path: string, operationId: string, words: OperationWords, handle: Handle];

/** The five methods of a collection, and the search in it. */
function linesOf({ kind, title, one, many }: Collection): readonly Line[] {
  const handlers = recordHandlers(kind, one);
  return [
    ["GET", `/${one}`, `find${title}`, { answer: title, search: true, hasParent: hasParent(kind) }, handlers.find],
    ["GET", `/${many}`, `get${title}s`, { list: title, byType: kind === "artifact" }, handlers.list],
    ["POST", `/${many}`, `create${title}`, { answer: title, body: `${title}Create`, status: 201 }, handlers.create],
    ["GET", `/${many}/{id}`, `get${title}`, { answer: title }, handlers.get],
    [
      "PATCH",
      `/${many}/{id}`,
      `update${title}`,
      { answer: title, body: `${title}Update`, ifMatch: true },
      handlers.update,
    ],
    ["DELETE", `/${many}/{id}`, `delete${title}`, { ifMatch: true, status: 204 }, handlers.delete],
  ];
}

function hasParent(kind: KindOrArtifact): boolean {
  return kind === "artifact" || kinds[kind].uniqueWithin !== undefined;
}

const versions = subRecordHandlers("modelVersion", "registeredModel");
const artifacts = subRecordHandlers("artifact", "modelVersion");
const services = subRecordHandlers("inferenceService", "servingEnvironment");
const serves = subRecordHandlers("serveModel", "inferenceService");

const subLines: readonly Line[] = [
  [
    "GET",
    "/registered_models/{id}/versions",
    "getRegisteredModelVersions",
    { list: "ModelVersion", isSubList: true },
    versions.list,
  ],
  [
    "POST",
    "/registered_models/{id}/versions",
    "createRegisteredModelVersion",
    { answer: "ModelVersion", body: "ModelVersionUpsert", status: 201 },
    createVersion,
  ],
  [
    "GET",
    "/model_versions/{id}/artifacts",
    "getModelVersionArtifacts",
    { list: "Artifact", isSubList: true, byType: true },
    artifacts.list,
  ],
  [
    "POST",
    "/model_versions/{id}/artifacts",
    "upsertModelVersionArtifact",
    { answer: "Artifact", body: "ArtifactUpsert", status: 201, alsoStatus: 200 },
    upsertArtifact,
  ],
  ["GET", "/inference_services/{id}/model", "getInferenceServiceModel", { answer: "RegisteredModel" }, servedModel],
  ["GET", "/inference_services/{id}/version", "getInferenceServiceVersion", { answer: "ModelVersion" }, servedVersion],
  [
    "GET",
    "/inference_services/{id}/serves",
    "getInferenceServiceServes",
    { list: "ServeModel", isSubList: true },
    serves.list,
  ],
  [
    "POST",
    "/inference_services/{id}/serves",
    "createInferenceServiceServe",
    { answer: "ServeModel", body: "ServeModelCreate", status: 201 },
    serves.create,
  ],
  [
    "DELETE",
    "/inference_services/{id}/serves/{serveId}",
    "deleteInferenceServiceServe",
    { ifMatch: true, status: 204 },
    deleteServe,
  ],
  [
    "GET",
    "/serving_environments/{id}/inference_services",
    "getEnvironmentInferenceServices",
    { list: "InferenceService", isSubList: true },
    services.list,
  ],
  [
    "POST",
    "/serving_environments/{id}/inference_services",
    "createEnvironmentInferenceService",
    { answer: "InferenceService", body: "InferenceServiceCreate", status: 201 },
    createEnvironmentService,
  ],
  ["GET", "/registered_models/{id}/aliases", "getAliases", { answer: "AliasList" }, listAliases],
  ["PUT", "/registered_models/{id}/aliases/{alias}", "setAlias", { answer: "Alias", body: "AliasUpdate" }, setAlias],
  ["DELETE", "/registered_models/{id}/aliases/{alias}", "deleteAlias", { status: 204 }, deleteAlias],
];

/** What the alpha version had and the next one has not: nothing answers there, and each says so. */
const dropped: readonly (readonly [RouteMethod, string])[] = [
  ["GET", "/experiment"],
  ["GET", "/experiments"],
  ["POST", "/experiments"],
  ["GET", "/experiments/{id}"],
  ["PATCH", "/experiments/{id}"],
  ["GET", "/experiments/{id}/experiment_runs"],
  ["POST", "/experiments/{id}/experiment_runs"],
  ["GET", "/experiment_run"],
  ["GET", "/experiment_runs"],
  ["POST", "/experiment_runs"],
  ["GET", "/experiment_runs/{id}"],
  ["PATCH", "/experiment_runs/{id}"],
  ["GET", "/experiment_runs/{id}/artifacts"],
  ["POST", "/experiment_runs/{id}/artifacts"],
  ["GET", "/experiment_runs/{id}/metric_history"],
  ["GET", "/experiment_runs/metric_history"],
];

/** The routes of the registry of versions, in both versions of the API that existing clients speak. */
export function versionsFamily(deps: VersionsRestDeps): RouteFamily {
  return {
    tag: {
      name: "Registry of versions",
      description:
        "Registered models, their versions and the locations of their files: the API of Kubeflow's registry.",
    },
    routes: flavours.flatMap((flavour) => [
      ...[...collections.flatMap(linesOf), ...subLines].map((line) => routeOf(deps, flavour, line)),
      ...(flavour.isAlpha ? dropped.map(([method, path]) => droppedRoute(deps, flavour, method, path)) : []),
    ]),
    schemas: versionsSchemas,
    responses: versionsResponses,
  };
}

function routeOf(deps: VersionsRestDeps, flavour: Flavour, [method, path, operationId, words, handle]: Line): Route {
  return {
    method,
    path: `${flavour.base}${path}`,
    style: "kubeflow",
    operation: { ...operationOf(method, path, words, flavour), operationId: `${operationId}${flavour.suffix}` },
    handle: versionsHandler(deps, flavour, handle),
  };
}

function droppedRoute(deps: VersionsRestDeps, flavour: Flavour, method: RouteMethod, path: string): Route {
  const words = path.slice(1).replace(/[^a-z]+(.)?/g, (_, letter: string | undefined) => letter?.toUpperCase() ?? "");
  return {
    method,
    path: `${flavour.base}${path}`,
    style: "kubeflow",
    operation: {
      ...operationOf(method, path, { status: 501 }, flavour),
      operationId: `${method.toLowerCase()}${words[0]!.toUpperCase()}${words.slice(1)}${flavour.suffix}`,
    },
    handle: versionsHandler(deps, flavour, () => {
      throw new HttpError(501, "experiments and their runs are not kept here; v1 of this API has dropped them");
    }),
  };
}
