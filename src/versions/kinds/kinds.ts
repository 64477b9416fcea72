import { type Field, field, oneOf, reference, text } from "./field.ts";
import { describe, type Kind, type KindDescription } from "./kind.ts";

const states = ["LIVE", "ARCHIVED"] as const;

const artifactFields: readonly Field[] = [
  reference("modelVersionId", "modelVersion", "The version that it belongs to. Artifacts without one belong to none.", {
    mutable: false,
    addition: true,
  }),
  oneOf(
    "state",
    ["UNKNOWN", "PENDING", "LIVE", "MARKED_FOR_DELETION", "DELETED", "ABANDONED", "REFERENCE"],
    "The state of the files.",
  ),
];

function artifact(
  artifactType: string,
  description: Pick<KindDescription, "title" | "words" | "meaning" | "fields" | "collection">,
): KindDescription {
  return {
    collection: false,
    ...description,
    path: "artifacts",
    table: "artifact",
    artifactType,
    name: "optional",
    uniqueWithin: "modelVersionId",
    externalIds: "artifacts",
    fields: [...artifactFields, ...description.fields],
  };
}

const descriptions = {
  registeredModel: {
    title: "RegisteredModel",
    words: "registered model",
    path: "registered_models",
    meaning: "A model with versions.",
    name: "required",
    externalIds: "contexts",
    fields: [
      oneOf("state", states, "Whether it is live or archived."),
      text("owner", "Its owner."),
      text("readme", "Its documentation, in Markdown.", { limit: 1_048_576 }),
      text("maturity", "How mature it is."),
      field("language", "strings", "The languages that it supports, by ISO 639 codes."),
      field("tasks", "strings", "The tasks that it is made for."),
      text("provider", "The organization or person that provides it."),
      field("logo", "uri", "The address of its logo; a data URL is best.", { limit: 1_048_576 }),
      text("license", "The short name of its license."),
      field("licenseLink", "uri", "The address of the license's text."),
      text("libraryName", "The library that it was built with."),
    ],
  },
  modelVersion: {
    title: "ModelVersion",
    words: "model version",
    path: "model_versions",
    meaning: "One version of a registered model.",
    name: "required",
    uniqueWithin: "registeredModelId",
    externalIds: "contexts",
    fields: [
      reference("registeredModelId", "registeredModel", "The model that it is a version of.", {
        required: true,
        mutable: false,
      }),
      oneOf("state", states, "Whether it is live or archived."),
      text("author", "Its author."),
      field("inputFeatures", "json", "The features of one row, in the order that the model expects them.", {
        addition: true,
      }),
      field("inputFormat", "json", "The row format that the model server expects.", { addition: true }),
      field("outputFormat", "json", "Where the relevant value is in a prediction.", { addition: true }),
    ],
  },
  modelArtifact: artifact("model-artifact", {
    title: "ModelArtifact",
    words: "model artifact",
    collection: "model_artifacts",
    meaning: "The files of a model version.",
    fields: [
      field("uri", "uri", "Where the files are."),
      text("modelFormatName", "The format of the files."),
      text("modelFormatVersion", "The version of the format."),
      text("storageKey", "The secret with the storage credentials."),
      text("storagePath", "The path within the storage that `storageKey` names."),
      text("serviceAccountName", "The service account that has the secret."),
      text("modelSourceKind", "The kind of source that made the model, such as `pipelines`."),
      text("modelSourceClass", "The class within the kind of source, such as `pipelinerun`."),
      text("modelSourceGroup", "The group within the class of source, such as a namespace."),
      text("modelSourceId", "The id of the model within its source."),
      text("modelSourceName", "The display name of the model in its source."),
    ],
  }),
  docArtifact: artifact("doc-artifact", {
    title: "DocArtifact",
    words: "doc artifact",
    meaning: "A document about a model version.",
    fields: [field("uri", "uri", "Where the document is.")],
  }),
  dataSet: artifact("dataset-artifact", {
    title: "DataSet",
    words: "dataset artifact",
    meaning: "Data that a model version was trained or tested with.",
    fields: [
      field("uri", "uri", "Where the data is."),
      text("digest", "The hash of the data."),
      text("sourceType", "The type of its source, such as `s3` or `database`."),
      text("source", "Where it came from."),
      text("schema", "How it is structured.", { limit: 1_048_576 }),
      text("profile", "A statistical summary of it.", { limit: 1_048_576 }),
    ],
  }),
  metric: artifact("metric", {
    title: "Metric",
    words: "metric artifact",
    meaning: "A number that was measured of a model version.",
    fields: [
      field("value", "double", "The number. It is finite.", { required: true, column: "metric_value" }),
      field("timestamp", "int64", "When it was measured, in milliseconds since 1970."),
      field("step", "int64", "The step of training that it was measured at."),
    ],
  }),
  parameter: artifact("parameter", {
    title: "Parameter",
    words: "parameter artifact",
    meaning: "A parameter that a model version was trained with.",
    fields: [
      text("value", "The value, as text.", { column: "parameter_value", limit: 65_536 }),
      oneOf("parameterType", ["string", "number", "boolean", "object"], "The type of the value."),
    ],
  }),
  servingEnvironment: {
    title: "ServingEnvironment",
    words: "serving environment",
    path: "serving_environments",
    meaning: "A place where models are served, such as a namespace.",
    name: "required",
    externalIds: "contexts",
    fields: [],
  },
  inferenceService: {
    title: "InferenceService",
    words: "inference service",
    path: "inference_services",
    meaning: "A model that is, or is to be, served in an environment.",
    name: "optional",
    uniqueWithin: "servingEnvironmentId",
    externalIds: "contexts",
    fields: [
      reference("registeredModelId", "registeredModel", "The model that is served.", {
        required: true,
        mutable: false,
      }),
      reference("servingEnvironmentId", "servingEnvironment", "Where it is served.", {
        required: true,
        mutable: false,
      }),
      reference("modelVersionId", "modelVersion", "The version that is served, one of the model. Unset: the newest.", {
        sameModelAs: "registeredModelId",
      }),
      text("runtime", "The serving runtime."),
      oneOf("desiredState", ["DEPLOYED", "UNDEPLOYED"], "Whether it is to be served."),
    ],
  },
  serveModel: {
    title: "ServeModel",
    words: "serve model",
    path: "serves",
    collection: false,
    table: "serve_model",
    meaning: "One deployment of a version by an inference service.",
    name: "optional",
    uniqueWithin: "inferenceServiceId",
    externalIds: "serves",
    fields: [
      reference("inferenceServiceId", "inferenceService", "The inference service that deployed it.", {
        required: true,
        mutable: false,
        addition: true,
      }),
      reference("modelVersionId", "modelVersion", "The version that was deployed, one of the service's model.", {
        required: true,
        mutable: false,
        sameModelAs: "inferenceServiceId",
      }),
      oneOf(
        "lastKnownState",
        ["UNKNOWN", "NEW", "RUNNING", "COMPLETE", "FAILED", "CACHED", "CANCELED"],
        "How the deployment went, as last seen.",
      ),
    ],
  },
} as const satisfies Readonly<Record<string, KindDescription>>;

export type KindName = keyof typeof descriptions;

/** Every kind of record, parents before their children. */
export const kinds = Object.fromEntries(
  Object.entries(descriptions).map(([kind, description]) => [kind, describe(kind, description)]),
) as unknown as Readonly<Record<KindName, Kind & { readonly kind: KindName }>>;

export const kindNames = Object.keys(kinds) as readonly KindName[];

/** The kinds of artifact, which share one table, one series of ids and one list. */
export const artifactKinds = kindNames.filter((kind) => kinds[kind].artifactType !== undefined);

const kindsByArtifactType = new Map(artifactKinds.map((kind) => [kinds[kind].artifactType!, kind]));

/** The kind that `model-artifact`, `metric`, … stands for; undefined for another word. */
export function kindOfArtifactType(artifactType: string): KindName | undefined {
  return kindsByArtifactType.get(artifactType);
}
