import type { InputFeature, ModelEntry } from "../registry/model.ts";
import { modelComment } from "./comment.ts";
import { messageNames } from "./contract-names.ts";
import { exampleRow } from "./example-request.ts";

/** A JSON schema. */
export type Schema = Readonly<Record<string, unknown>> | boolean;

const byName = `${messageNames.instance}ByName`;
const byPosition = `${messageNames.instance}ByPosition`;

/** The KServe v1 request of a model as a self-contained JSON schema (2020-12). */
export function jsonSchema(model: ModelEntry): Schema {
  const { [messageNames.request]: request, ...definitions } = requestSchemas(model, "#/$defs/");
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: `A prediction request for ${model.name}`,
    description: modelComment(model).join("\n\n"),
    ...(request as object),
    $defs: definitions,
  };
}

/**
 * The schemas of a request and of its rows, by name and by position. Features are written out in both: generators of
 * clients create a type for everything that has a name.
 *
 * @param refs the prefix of references to schemas: `#/$defs/`
 */
export function requestSchemas(model: ModelEntry, refs: string): Record<string, Schema> {
  const ref = (name: string): Schema => ({ $ref: refs + name });
  const features = model.inputFeatures;
  const schemas = features.map(featureSchema);
  const example = exampleRow(model);
  return {
    [messageNames.request]: {
      type: "object",
      required: ["instances"],
      properties: {
        instances: {
          description: "The rows. Objects and arrays may be mixed.",
          type: "array",
          minItems: 1,
          items: { anyOf: [ref(byName), ref(byPosition)] },
        },
      },
      // The service itself writes the rows under this name.
      ...(model.inputFormat === "columnar" ? { not: { required: ["inputs"] } } : {}),
      examples: [{ instances: [example.byName] }, { instances: [example.byPosition] }],
    },
    [byName]: {
      description: "One row by feature name, in any order.",
      type: "object",
      required: features.filter((feature) => feature.default === undefined).map(({ name }) => name),
      properties: Object.fromEntries(features.map(({ name }, i) => [name, schemas[i]])),
      additionalProperties: false,
    },
    [byPosition]: {
      description: "One row by position: every feature in declared order.",
      type: "array",
      prefixItems: schemas,
      // Equivalent to `items: false`, which some client generators cannot read.
      minItems: features.length,
      maxItems: features.length,
    },
  };
}

function featureSchema(feature: InputFeature): Schema {
  const { name, type, unit, min, max, default: fallback, description } = feature;
  const about = [description ?? "", unit === undefined ? "" : `Unit: ${unit}.`].filter((line) => line !== "");
  const values = allowedValues(feature);
  return {
    title: name,
    ...(about.length === 0 ? {} : { description: about.join("\n\n") }),
    ...(type === undefined ? {} : { type: feature.nullable ? [type, "null"] : type }),
    ...(values === undefined ? {} : { enum: values }),
    ...(min === undefined ? {} : { minimum: min }),
    ...(max === undefined ? {} : { maximum: max }),
    ...(fallback === undefined ? {} : { default: fallback }),
  };
}

/** The allowed values, and null where the feature is nullable or no type is declared. */
function allowedValues({ values, nullable, type }: InputFeature): InputFeature["values"] {
  if (values === undefined) return undefined;
  const alsoNull = (nullable || type === undefined) && !values.includes(null);
  return alsoNull ? [...values, null] : values;
}
