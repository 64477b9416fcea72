import type { OutputFormat } from "../registry/model.ts";
import { accessorKeys, type Holds, keyOf } from "./accessors.ts";
import { outputComment } from "./comment.ts";
import { defaultJsonName, identifierOf, isJsonName } from "./field-names.ts";
import type { ProtoField } from "./proto-file.ts";

/** The fields of a prediction; undefined for what a model does not declare. */
export interface PredictionFields {
  /** The value that matters. */
  readonly value: (ProtoField & { readonly kind: ValueKind }) | undefined;
  readonly label: ProtoField | undefined;
  readonly thresholdCrossed: ProtoField | undefined;
  /** The whole prediction, as the model sent it. */
  readonly prediction: ProtoField;
}

/** The kind of the value that matters: a number, a text, or a list of numbers. */
export type ValueKind = "number" | "text" | "list";

/** Fixed field numbers, one for each kind of value, so that later declarations never change the meaning of a number. */
const numbers = { number: 1, text: 2, list: 3, label: 4, thresholdCrossed: 5, prediction: 6 } as const;

const names = { label: "label", thresholdCrossed: "threshold_crossed", prediction: "prediction" } as const;

/** The fields of a prediction, by the output format that a model declares. */
export function predictionFields(format: OutputFormat | undefined): PredictionFields {
  return {
    value: valueField(format),
    label:
      format?.labels === undefined
        ? undefined
        : field("label", { type: "string", comment: ["What the value means, in the owner's words."] }),
    thresholdCrossed:
      format?.threshold === undefined
        ? undefined
        : field("thresholdCrossed", { type: "bool", comment: ["Whether the value crosses the threshold."] }),
    prediction: field("prediction", {
      type: "google.protobuf.Value",
      comment: ["The whole prediction, as the model returned it. NaN and infinities are strings."],
    }),
  };
}

function valueField(format: OutputFormat | undefined): PredictionFields["value"] {
  const kind = kindOf(format);
  if (kind === undefined) return undefined;
  const what = format?.field === undefined ? "The prediction itself" : `The value at \`${format.field}\``;
  const number = numbers[kind];
  const about = { ...valueName(format?.field, kind), number, kind };
  const comment = outputComment(format);
  switch (kind) {
    case "number":
      return {
        ...about,
        type: "double",
        label: "optional",
        comment: [`${what}. Unset if it is not a number.`, ...comment],
      };
    case "text":
      return { ...about, type: "string", label: "optional", comment: [`${what}, as text.`, ...comment] };
    case "list":
      return {
        ...about,
        type: "double",
        label: "repeated",
        comment: [`${what}, a list of ${format?.shape?.[0]}. Empty unless all are numbers; null is NaN.`, ...comment],
      };
  }
}

/**
 * With a threshold it is a number; labels show the type of their values. Without either it is a number, as most models
 * return one, and `prediction` has anything else. A nested list has no field of its own.
 */
function kindOf(format: OutputFormat | undefined): ValueKind | undefined {
  const { field: path, threshold, labels, shape = [] } = format ?? {};
  if (path === undefined && shape.length > 0) return shape.length === 1 ? "list" : undefined;
  if (threshold !== undefined || labels === undefined) return "number";
  return Object.keys(labels).every((value) => isNumeric(value)) ? "number" : "text";
}

function isNumeric(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

/** The name of the value in the model, unless another field, declared or not, has that name or generates it. */
function valueName(path: string | undefined, kind: ValueKind): { readonly name: string; readonly jsonName: string } {
  if (kind === "list") return { name: "values", jsonName: "values" };
  const others = Object.values(names);
  const step = path?.split(".").at(-1) ?? "";
  // An index alone is not a name.
  const base = /^\d*$/.test(step) ? "value" : (identifierOf(step, "value") ?? "value");
  const name = isTaken(base, kind) ? `${base}_value` : base;
  const isFree = !others.some((other) => other === step || defaultJsonName(other) === step);
  return { name, jsonName: base !== "value" && isFree && isJsonName(step) ? step : defaultJsonName(name) };
}

const holds: Readonly<Record<keyof typeof names, Holds>> = {
  label: "text",
  thresholdCrossed: "number",
  prediction: "message",
};

function isTaken(name: string, kind: Holds): boolean {
  const own = [keyOf(name), ...accessorKeys(name, kind)];
  return (Object.keys(names) as (keyof typeof names)[]).some((which) => {
    const other = keyOf(names[which]);
    return own.includes(other) || accessorKeys(other, holds[which]).includes(keyOf(name));
  });
}

function field(which: keyof typeof names, about: Pick<ProtoField, "type" | "comment">): ProtoField {
  const name = names[which];
  return { name, jsonName: defaultJsonName(name), number: numbers[which], ...about };
}
