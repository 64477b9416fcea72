import { toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import {
  Comparison,
  type InputFeature as FeatureMessage,
  FeatureType,
  InputFormat,
  type OutputFormat as OutputMessage,
  PredictionCount,
} from "../../../gen/kserve/registry/v1/model_pb.ts";
import { FieldReader } from "../../base/field-reader.ts";
import { readInputFeatures, readOutputFormat } from "../../registry/declarations.ts";
import {
  comparisons,
  type InputFeature,
  type InputFormat as InputFormatWord,
  inputFormats,
  type OutputFormat,
} from "../../registry/model.ts";
import { invalid } from "../../versions/versions-error.ts";
import { comparisonToMessage, featureToMessage, inputFormatToMessage, outputFormatToMessage } from "../rpc/convert.ts";

/**
 * One declaration of a version as JSON text, the way it stands in documents of the front door. It is checked by the same
 * reader, so a version declares exactly what an entry can.
 *
 * @throws VersionsError INVALID with every problem
 */
export function declarationText(field: string, value: unknown): string {
  const reader = new FieldReader({ [field]: value }, "", true);
  const read = readers[field]!(reader);
  if (reader.problems.length === 0) return JSON.stringify(read);
  throw invalid(
    "modelVersion",
    ...reader.problems.map(({ field, message }) => ({ field, problem: "value", description: message }) as const),
  );
}

const readers: Readonly<Record<string, (reader: FieldReader) => unknown>> = {
  inputFeatures: readInputFeatures,
  inputFormat: (reader) => reader.choice("inputFormat", inputFormats),
  outputFormat: readOutputFormat,
};

/** A declaration as the contract has it. */
export function declarationToMessage(field: string, value: unknown): unknown {
  if (field === "inputFeatures") {
    return (value as (InputFeature | string)[]).map((one) =>
      featureToMessage(typeof one === "string" ? { name: one } : one),
    );
  }
  return field === "inputFormat"
    ? inputFormatToMessage(value as InputFormatWord)
    : outputFormatToMessage(value as OutputFormat);
}

/** A declaration of a message as JSON text. Throws VersionsError INVALID. */
export function declarationFromMessage(field: string, value: unknown): string {
  if (field === "inputFeatures") return declarationText(field, (value as FeatureMessage[]).map(featureFromMessage));
  if (field === "inputFormat") return declarationText(field, wordOf(InputFormat, value as number));
  return declarationText(field, outputFormatFromMessage(value as OutputMessage));
}

function featureFromMessage(message: FeatureMessage): Record<string, unknown> {
  const { name, type, unit, min, max, nullable, defaultValue, values, description } = message;
  return {
    name,
    ...(type === FeatureType.UNSPECIFIED ? {} : { type: wordOf(FeatureType, type) }),
    ...(unit === "" ? {} : { unit }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(nullable ? { nullable } : {}),
    ...(defaultValue === undefined ? {} : { default: toJson(ValueSchema, defaultValue) }),
    ...(values.length === 0 ? {} : { values: values.map((one) => toJson(ValueSchema, one)) }),
    ...(description === "" ? {} : { description }),
  };
}

function outputFormatFromMessage({ field, threshold, comparison, labels, shape, count }: OutputMessage): object {
  const sign = comparisons.find((one) => comparisonToMessage(one) === comparison);
  return {
    ...(field === "" ? {} : { field }),
    ...(threshold === undefined ? {} : { threshold }),
    ...(comparison === Comparison.UNSPECIFIED ? {} : { comparison: sign ?? comparison }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(shape === undefined ? {} : { shape: shape.dimensions }),
    ...(count === PredictionCount.UNSPECIFIED ? {} : { count: wordOf(PredictionCount, count) }),
  };
}

/** The word of documents for a value of an enum: `RECORD_OF_LISTS` is `record-of-lists`. An unknown value stays a number. */
function wordOf(words: Readonly<Record<string, number>>, value: number): string | number {
  const name = Object.keys(words).find((one) => words[one] === value);
  return name?.toLowerCase().replaceAll("_", "-") ?? value;
}
