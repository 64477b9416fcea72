import type { Field } from "../../../versions/kinds/field.ts";
import type { Kind } from "../../../versions/kinds/kind.ts";
import { artifactKinds, kinds } from "../../../versions/kinds/kinds.ts";
import { propertyLimits } from "../../../versions/property-value.ts";
import type { Schema } from "../../rest/openapi/document.ts";
import { refTo, text } from "../../rest/openapi/parameter.ts";
import { schemas } from "../../rest/openapi/schemas.ts";
import { errorResponses, errorSchema } from "./error-responses.ts";

const int32Pattern =
  "^(-2147483648|-?([0-9]{1,9}|1[0-9]{9}|20[0-9]{8}|21[0-3][0-9]{7}|214[0-6][0-9]{6}|2147[0-3][0-9]{5}" +
  "|21474[0-7][0-9]{4}|214748[0-2][0-9]{3}|2147483[0-5][0-9]{2}|21474836[0-3][0-9]|214748364[0-7]))$";
const idPattern = "^[1-9][0-9]{0,17}$";
const idOrNonePattern = "^([1-9][0-9]{0,17})?$";

const propertyValues: Readonly<Record<string, Schema>> = {
  MetadataStringValue: { string_value: { ...text, maxLength: propertyLimits.string } },
  MetadataBoolValue: { bool_value: { type: "boolean" } },
  MetadataIntValue: {
    int_value: { ...text, pattern: int32Pattern, description: "From -2147483648 to 2147483647." },
  },
  MetadataDoubleValue: { double_value: { type: "number" } },
  MetadataStructValue: {
    struct_value: { ...text, format: "base64-json-object", description: "A JSON object in base64." },
  },
  MetadataProtoValue: {
    type: { ...text, maxLength: propertyLimits.string },
    proto_value: { ...text, format: "byte", description: "A protobuf message in base64." },
  },
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
  description: `Further properties, by key. At most ${propertyLimits.count.toLocaleString("en")}.`,
  propertyNames: { minLength: 1, maxLength: propertyLimits.key },
  additionalProperties: refTo("MetadataValue"),
};

const declarations: Readonly<Record<string, Schema>> = {
  inputFeatures: schemas.Model.properties.inputFeatures,
  inputFormat: schemas.Model.properties.inputFormat,
  outputFormat: schemas.Model.properties.outputFormat,
};

/** What a body says, or an answer. A body may leave a field empty, and null stands for one that is left out. */
type Side = "answer" | "body";

function fieldSchema(field: Field, side: Side): Schema {
  const { type, name, meaning: description, limit, values, required } = field;
  switch (type) {
    case "enum":
      return { ...text, enum: values, description };
    case "reference":
      return { ...text, pattern: side === "body" && !required ? idOrNonePattern : idPattern, description };
    case "int64":
      return int64Schema(name, description);
    case "double":
      return { type: "number", description };
    case "strings":
      return { type: "array", items: text, description };
    case "json":
      return { ...declarations[name], description: `${description} As in a models file.` };
    default:
      return { ...text, maxLength: limit, ...(required && name === "name" ? { minLength: 1 } : {}), description };
  }
}

function int64Schema(name: string, description: string): Schema {
  const pattern = "^(0|-?[1-9][0-9]{0,17})$";
  if (name !== "step") return { ...text, pattern, description };
  const [minimum, maximum] = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
  return {
    type: ["string", "integer"],
    pattern,
    minimum,
    maximum,
    description: `${description} A number in v1alpha3, a string in v1.`,
  };
}

/** A schema of one or more types that also takes null. */
function orNull({ type, enum: values, ...schema }: Schema): Schema {
  return {
    ...schema,
    type: [type, "null"].flat(),
    ...(Array.isArray(values) ? { enum: [...values, null] } : {}),
  };
}

interface ObjectWords {
  readonly side: Side;
  readonly required: readonly string[];
  /** Whether a field that is not named is refused. */
  readonly isStrict: boolean;
  readonly more?: Readonly<Record<string, Schema>>;
}

function objectSchema(kind: Kind, fields: readonly Field[], words: ObjectWords): Schema {
  const { side, required, isStrict, more = {} } = words;
  const isBody = side === "body";
  const { artifactType } = kind;
  const isSortNeeded = required.includes("artifactType");
  const sort: Schema = {
    enum: isSortNeeded ? [artifactType] : [artifactType, null],
    description: "The type of artifact.",
  };
  return {
    type: "object",
    description: kind.meaning,
    ...(required.length === 0 ? {} : { required }),
    properties: {
      customProperties: isBody ? orNull(customProperties) : customProperties,
      ...(artifactType === undefined ? {} : { artifactType: sort }),
      ...Object.fromEntries(
        fields.map((field) => {
          const schema = fieldSchema(field, side);
          return [field.name, isBody && !required.includes(field.name) ? orNull(schema) : schema];
        }),
      ),
      ...more,
    },
    ...(isStrict ? { additionalProperties: false } : {}),
  };
}

/** Fields that a path gives, and a body need not. */
const ofPath: readonly string[] = ["inferenceServiceId"];

function neededIn({ fields }: Kind): readonly string[] {
  return fields
    .filter(({ serverMade, required, name }) => !serverMade && required && !ofPath.includes(name))
    .map(({ name }) => name);
}

/** A body that creates a record, or one of its changes. */
function bodySchema(kind: Kind, of: "create" | "update", isInUnion: boolean): Schema {
  const sort = isInUnion ? ["artifactType"] : [];
  const fields = kind.fields.filter(({ serverMade, mutable }) => (of === "create" ? !serverMade : mutable));
  const required = of === "create" ? [...sort, ...neededIn(kind)] : sort;
  return objectSchema(kind, fields, { side: "body", required, isStrict: !isInUnion });
}

/** A body with an `id` changes that record; what else the server makes is passed over. */
function upsertSchema(kind: Kind, isInUnion: boolean): Schema {
  const passedOver: Schema = { description: "Ignored: the server sets it." };
  return objectSchema(
    kind,
    kind.fields.filter(({ serverMade }) => !serverMade),
    {
      side: "body",
      required: [...(isInUnion ? ["artifactType"] : []), ...neededIn(kind)],
      isStrict: !isInUnion,
      more: {
        id: orNull({ ...text, pattern: idOrNonePattern, description: "The record to change. Omitted: a new one." }),
        createTimeSinceEpoch: passedOver,
        lastUpdateTimeSinceEpoch: passedOver,
      },
    },
  );
}

function schemasOf(kind: Kind): Readonly<Record<string, Schema>> {
  const { title, fields } = kind;
  const sort = kind.artifactType === undefined ? [] : ["artifactType"];
  const answered = fields.filter(({ serverMade, name }) => serverMade || name === "name").map(({ name }) => name);
  const required = [...sort, "customProperties", ...answered];
  return {
    [title]: objectSchema(kind, fields, { side: "answer", required, isStrict: false }),
    [`${title}List`]: listSchema(title),
    // Other sorts of artifact are created and changed as one of all sorts only.
    ...(kind.artifactType === undefined || title === "ModelArtifact"
      ? { [`${title}Create`]: bodySchema(kind, "create", false), [`${title}Update`]: bodySchema(kind, "update", false) }
      : {}),
  };
}

function listSchema(title: string): Schema {
  return {
    type: "object",
    required: ["items", "nextPageToken", "pageSize", "size"],
    properties: {
      items: { type: "array", items: refTo(title) },
      nextPageToken: { ...text, description: "Empty on the last page." },
      pageSize: { type: "integer", description: "The requested page size." },
      size: { type: "integer", description: "How many records this page has." },
      totalSize: { type: "integer", description: "How many records match, with `includeTotal`." },
    },
  };
}

function union(schemaOf: (kind: Kind) => Schema): Schema {
  return { oneOf: artifactKinds.map((kind) => schemaOf(kinds[kind])) };
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
  ModelVersionUpsert: upsertSchema(kinds.modelVersion, false),
  Artifact: union(({ title }) => refTo(title)),
  ArtifactCreate: union((kind) => bodySchema(kind, "create", true)),
  ArtifactUpdate: union((kind) => bodySchema(kind, "update", true)),
  ArtifactUpsert: union((kind) => upsertSchema(kind, true)),
  ArtifactList: listSchema("Artifact"),
  MetadataValue: metadataValue(),
  Alias: alias,
  AliasList: {
    type: "object",
    required: ["items", "size"],
    properties: { items: { type: "array", items: refTo("Alias") }, size: { type: "integer" } },
  },
  AliasUpdate: {
    type: "object",
    required: ["modelVersionId"],
    properties: {
      modelVersionId: { ...text, pattern: idPattern },
      expectedModelVersionId: {
        type: ["string", "null"],
        pattern: idPattern,
        description: "The version that the alias currently points to; null: none. Otherwise the change is rejected.",
      },
    },
    additionalProperties: false,
  },
  RegistryError: errorSchema,
};

const errorMeanings: Readonly<Record<number, string>> = {
  400: "The request is invalid.",
  403: "The caller may not do this, or the request comes from a page of another origin.",
  404: "The record, its parent or the alias does not exist.",
  408: "The body was not complete in time.",
  409: "The name or external ID is taken, the alias has moved, or the record is still referenced.",
  412: "The record has changed since its etag was read.",
  413: "The body is too large.",
  415: "The content encoding is not supported.",
  422: "A required field is missing or empty.",
  503: "The database is unreachable, or access could not be checked.",
  504: "The database did not respond in time.",
  507: "The database is full.",
};

/** The error answers of the registry of versions. */
export const versionsResponses = errorResponses("Versions", errorMeanings, (status) => ({
  "application/json": { schema: refTo("RegistryError") },
  ...(status === "503" ? { "text/plain": { schema: text } } : {}),
}));
