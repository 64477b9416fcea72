import { STATUS_CODES } from "node:http";
import type { Field } from "../../../versions/kinds/field.ts";
import type { Kind } from "../../../versions/kinds/kind.ts";
import { artifactKinds, kinds } from "../../../versions/kinds/kinds.ts";
import type { Response, Schema } from "../../rest/openapi/document.ts";
import { ref } from "./operation.ts";

const text: Schema = { type: "string" };

const propertyValues: Readonly<Record<string, Schema>> = {
  MetadataStringValue: { string_value: { ...text, maxLength: 65_536 } },
  MetadataBoolValue: { bool_value: { type: "boolean" } },
  MetadataIntValue: {
    int_value: { ...text, pattern: "^-?[0-9]{1,10}$", description: "From -2147483648 to 2147483647." },
  },
  MetadataDoubleValue: { double_value: { type: "number" } },
  MetadataStructValue: { struct_value: { ...text, description: "A JSON object in base64." } },
  MetadataProtoValue: { type: text, proto_value: { ...text, description: "A protobuf message in base64." } },
};

/** A value of a custom property: one of six sorts. */
export function metadataValue(): Schema {
  return {
    description: "The value of a custom property.",
    oneOf: Object.entries(propertyValues).map(([type, properties]) => ({
      type: "object",
      required: [...Object.keys(properties), "metadataType"],
      properties: { ...properties, metadataType: { const: type } },
    })),
  };
}

const customProperties: Schema = {
  type: "object",
  description: "Further properties, by key. At most 1,024.",
  additionalProperties: ref("MetadataValue"),
};

function fieldSchema({ type, name, meaning, limit, values }: Field): Schema {
  const description = meaning;
  switch (type) {
    case "enum":
      return { ...text, enum: values, description };
    case "reference":
      return { ...text, pattern: "^[1-9][0-9]{0,17}$", description };
    case "int64":
      return name === "step"
        ? { type: ["string", "integer"], description: `${description} A number in v1alpha3, a string in v1.` }
        : { ...text, pattern: "^-?[0-9]{1,19}$", description };
    case "double":
      return { type: "number", description };
    case "strings":
      return { type: "array", items: text, description };
    case "json":
      return { description: `${description} As in a models file.` };
    default:
      return { ...text, maxLength: limit, description };
  }
}

function objectSchema(kind: Kind, fields: readonly Field[], required: readonly string[], isStrict: boolean): Schema {
  const artifactType =
    kind.artifactType === undefined ? {} : { artifactType: { const: kind.artifactType, description: "The sort." } };
  return {
    type: "object",
    description: kind.meaning,
    ...(required.length === 0 ? {} : { required }),
    properties: {
      customProperties,
      ...artifactType,
      ...Object.fromEntries(fields.map((field) => [field.name, fieldSchema(field)])),
    },
    ...(isStrict ? { additionalProperties: false } : {}),
  };
}

function schemasOf(kind: Kind): Readonly<Record<string, Schema>> {
  const { title, fields } = kind;
  const isArtifact = kind.artifactType !== undefined;
  const given = fields.filter(({ serverMade }) => !serverMade);
  const needed = given.filter((field) => field.required && field.name !== "inferenceServiceId");
  const sort = isArtifact ? ["artifactType"] : [];
  const answered = fields.filter(({ serverMade, name }) => serverMade || name === "name").map(({ name }) => name);
  return {
    [title]: objectSchema(kind, fields, [...sort, "customProperties", ...answered], false),
    [`${title}Create`]: objectSchema(
      kind,
      given,
      [...(title === "ModelArtifact" ? [] : sort), ...needed.map(({ name }) => name)],
      !isArtifact,
    ),
    [`${title}Update`]: objectSchema(
      kind,
      fields.filter(({ mutable }) => mutable),
      title === "ModelArtifact" ? [] : sort,
      !isArtifact,
    ),
    [`${title}List`]: listSchema(title),
  };
}

function listSchema(title: string): Schema {
  return {
    type: "object",
    required: ["items", "nextPageToken", "pageSize", "size"],
    properties: {
      items: { type: "array", items: ref(title) },
      nextPageToken: { ...text, description: "Empty on the last page." },
      pageSize: { type: "integer", description: "What was asked for." },
      size: { type: "integer", description: "How many this page has." },
      totalSize: { type: "integer", description: "How many match, where `includeTotal` asks." },
    },
  };
}

function unionSchema(suffix: string): Schema {
  return { oneOf: artifactKinds.map((kind) => ref(`${kinds[kind].title}${suffix}`)) };
}

const alias: Schema = {
  type: "object",
  required: ["alias", "registeredModelId", "modelVersionId", "lastUpdateTimeSinceEpoch"],
  properties: {
    alias: text,
    registeredModelId: text,
    modelVersionId: text,
    lastUpdateTimeSinceEpoch: text,
  },
};

/** The schemas of the registry of versions, made from the kinds. */
export const versionsSchemas: Readonly<Record<string, Schema>> = {
  ...Object.assign({}, ...Object.values(kinds).map(schemasOf)),
  Artifact: unionSchema(""),
  ArtifactCreate: unionSchema("Create"),
  ArtifactUpdate: unionSchema("Update"),
  ArtifactList: listSchema("Artifact"),
  MetadataValue: metadataValue(),
  Alias: alias,
  AliasList: {
    type: "object",
    required: ["items", "size"],
    properties: { items: { type: "array", items: ref("Alias") }, size: { type: "integer" } },
  },
  AliasUpdate: {
    type: "object",
    required: ["modelVersionId"],
    properties: {
      modelVersionId: { ...text, pattern: "^[1-9][0-9]{0,17}$" },
      expectedModelVersionId: {
        type: ["string", "null"],
        description: "The version that it stands for so far; null: none.",
      },
    },
    additionalProperties: false,
  },
  RegistryError: {
    type: "object",
    required: ["code", "message"],
    properties: { code: { ...text, description: "The HTTP status in words." }, message: text },
  },
};

const about: Readonly<Record<number, string>> = {
  400: "Something in the request is wrong.",
  403: "The caller may not do this, or a page of another site has asked.",
  404: "There is no such record, parent or alias.",
  408: "The body was not complete in time.",
  409: "The name or external id is taken, the alias has moved, or something refers to the record.",
  412: "Somebody has changed the record since its etag was read.",
  413: "The body is too large.",
  415: "The content encoding is not known.",
  422: "A field that is required is missing or empty.",
  503: "The database cannot be reached, or access cannot be checked.",
  504: "The database did not answer in time.",
  507: "The database has no room left.",
};

/** The error answers of the registry of versions. */
export const versionsResponses: Readonly<Record<string, Response>> = Object.fromEntries(
  Object.entries(about).map(([status, description]) => [
    `Versions${status}`,
    {
      description: `${STATUS_CODES[status]}: ${description}`,
      headers: {
        "x-request-id": { $ref: "#/components/headers/x-request-id" },
        "x-error-reason": { description: "Why, in one word.", required: true, schema: text },
        ...(status === "503" ? { "retry-after": { $ref: "#/components/headers/retry-after" } } : {}),
      },
      content: {
        "application/json": { schema: ref("RegistryError") },
        ...(status === "503" ? { "text/plain": { schema: text } } : {}),
      },
    },
  ]),
);
