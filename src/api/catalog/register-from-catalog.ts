import { create } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import {
  type RegisterFromCatalogRequest,
  type RegisterFromCatalogResponse,
  RegisterFromCatalogResponseSchema,
} from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import type { Properties } from "../../base/property-value.ts";
import { CatalogError } from "../../catalog/catalog-error.ts";
import type { CatalogArtifact, CatalogModel } from "../../catalog/entries/entry.ts";
import { invalidField, required } from "../../registry/registry-error.ts";
import type { FieldValues } from "../../versions/record.ts";
import { ifFound } from "../../versions/versions-error.ts";
import { recordToMessage } from "../versions/record-message.ts";
import { keeperOfCall, type VersionsDeps } from "../versions/version-registry-service.ts";
import { type CatalogDeps, readerOf } from "./catalog-deps.ts";
import { CatalogFailure } from "./catalog-failure.ts";

/** What it takes to register a model of the catalog. */
export type RegistersFromCatalog = CatalogDeps & {
  /** The registry of versions. Undefined: there is none. */
  readonly versions?: VersionsDeps | undefined;
};

/** What the registry of versions keeps of a model, besides its name. */
const kept = [
  ...["description", "readme", "maturity", "language", "tasks", "provider", "logo"],
  ...["license", "licenseLink", "libraryName"],
] as const;

/**
 * Registers a model of the catalog: registered model, version and artifact in one transaction. A registered model that
 * exists already is not changed.
 *
 * @throws CatalogError SOURCE_NOT_FOUND, MODEL_NOT_FOUND, NO_MODEL_ARTIFACT
 * @throws CatalogFailure NO_VERSION_REGISTRY
 */
export async function registerFromCatalog(
  deps: RegistersFromCatalog,
  { sourceId, name, uri, registeredName, version }: RegisterFromCatalogRequest,
  context: HandlerContext,
): Promise<RegisterFromCatalogResponse> {
  const { versions } = deps;
  if (versions === undefined) {
    const words = "nothing can be registered: the server has no registry of versions (DATABASE_URL)";
    throw new CatalogFailure(words, { reason: "NO_VERSION_REGISTRY" });
  }
  const model = readerOf(deps).model(required(sourceId, "source_id"), required(name, "name"));
  const artifact = artifactOf(model, uri);
  const keeper = keeperOfCall(versions, context);
  const modelName = registeredName || name;
  const isThere = (await ifFound(keeper.get("registeredModel", { name: modelName }))) !== undefined;
  const registered = await keeper.registerVersion({
    model: { fields: { name: modelName, ...(isThere ? {} : fieldsOf(model)) } },
    version: {
      fields: { name: version || "1", ...descriptionOf(model) },
      properties: { ...text("catalog_source", sourceId), ...text("catalog_model", name) },
    },
    artifacts: [
      {
        kind: "modelArtifact",
        fields: {
          name: modelName,
          uri: artifact.uri!,
          modelSourceKind: "catalog",
          modelSourceClass: sourceId,
          modelSourceName: name,
        },
      },
    ],
  });
  return create(RegisterFromCatalogResponseSchema, {
    registeredModel: recordToMessage(registered.model),
    modelVersion: recordToMessage(registered.version),
    artifact: recordToMessage(registered.artifacts[0]!),
    alreadyRegistered: !registered.created,
  } as never);
}

function artifactOf({ sourceId, name, artifacts }: CatalogModel, uri: string): CatalogArtifact {
  const withFiles = artifacts.filter((artifact) => artifact.uri !== undefined);
  const [first] = withFiles;
  if (first === undefined) {
    const words = `the model ${name} has no artifact that says where its files are`;
    throw new CatalogError("NO_MODEL_ARTIFACT", words, { source: sourceId, model: name });
  }
  const chosen = uri === "" ? first : withFiles.find((artifact) => artifact.uri === uri);
  if (chosen !== undefined) return chosen;
  const known = withFiles.slice(0, 5).map((artifact) => artifact.uri);
  throw invalidField("uri", `is of no artifact of this model; it has ${known.join(", ")}`);
}

function fieldsOf(model: CatalogModel): FieldValues {
  const values = kept.flatMap((key): [string, FieldValues[string]][] => {
    const value = (model as unknown as FieldValues)[key];
    return value === undefined ? [] : [[key, value]];
  });
  return Object.fromEntries(values);
}

/** Also stored with the version: the registered model may exist already, with another description. */
function descriptionOf({ description }: CatalogModel): FieldValues {
  return description === undefined ? {} : { description };
}

function text(key: string, value: string): Properties {
  return { [key]: { metadataType: "MetadataStringValue", string_value: value } };
}
