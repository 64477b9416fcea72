import { toJson } from "@bufbuild/protobuf";
import { type Value, ValueSchema } from "@bufbuild/protobuf/wkt";
import {
  Comparison,
  FeatureType,
  type InputFeature,
  InputFormat,
  ModelProtocol,
  ModelSource,
  ModelState,
  ModelType,
  type OutputFormat,
  PredictionCount,
  type RemediationAction,
  type Trigger,
  type VersionLink,
  VersionLinkState,
} from "../../../gen/kserve/registry/v1/model_pb.ts";
import {
  AddressRule,
  BreakerState,
  type GetModelResponse,
  type ModelAddress,
  type ModelBreaker,
  type ModelEntry,
  type ModelReadiness,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { printable } from "./printable.ts";
import { ageOf, problemWords, versionWords, wordOf } from "./words.ts";

const labelWidth = 16;

const protocolWords: Readonly<Partial<Record<ModelProtocol, string>>> = {
  [ModelProtocol.V1]: "v1",
  [ModelProtocol.V2]: "v2",
  [ModelProtocol.GRPC_V2]: "grpc-v2",
};

/**
 * A model in full, for people: one labelled line for each fact and each item of a list. Undeclared facts are left out,
 * except for features: without any, rows are passed on unchecked.
 */
export function describeModel(response: GetModelResponse, example: string): string {
  const { model, address, entries, readiness, typedService } = response;
  if (model === undefined) return "";
  return [
    field("Name", [model.name]),
    field("Description", [model.description]),
    field("Type", [wordOf(ModelType, model.type)]),
    field("Service", [model.service]),
    field("Namespace", [model.namespace]),
    field("Cluster", [model.cluster]),
    field("Version", versionLines(model.versionLink)),
    field("State", readinessLines(readiness)),
    field("Breaker", breakerLines(response.breaker)),
    field("Load", loadLines(response)),
    field("Address", addressLines(address)),
    field("Entries", entries.map(entryLine)),
    field("Protocol", [protocolWords[model.protocol] ?? ""]),
    field("Features", featureLines(model.inputFeatures, model.inputFormat)),
    field("Output", outputLines(model.outputFormat)),
    field("Triggers", model.triggers.map(triggerLine)),
    field("Actions", model.remediationActions.map(actionLine)),
    field("Typed service", [typedService]),
    field("Example", [example]),
  ].join("");
}

/** A label and its lines, as a terminal may show them; nothing without lines. */
function field(label: string, lines: readonly string[]): string {
  return lines
    .filter((line) => line !== "")
    .map((line, i) => `${(i === 0 ? `${label}:` : "").padEnd(labelWidth)}${printable(line)}\n`)
    .join("");
}

function readinessLines(readiness: ModelReadiness | undefined): string[] {
  const checked = readiness?.checkTime === undefined ? "" : ` (checked ${ageOf(readiness.checkTime)} ago)`;
  return [`${wordOf(ModelState, readiness?.state ?? ModelState.UNKNOWN)}${checked}`, readiness?.reason ?? ""];
}

/** Nothing while calls go to the model server, as they should. */
function breakerLines(breaker: ModelBreaker | undefined): string[] {
  if (breaker === undefined || breaker.state === BreakerState.CLOSED) return [];
  const since = breaker.openTime === undefined ? "" : ` for ${ageOf(breaker.openTime)}`;
  return [
    `${wordOf(BreakerState, breaker.state)}${since}: the model is not called until it passes a readiness check`,
    `its last ${breaker.consecutiveFailures} calls could not connect or were cut off`,
  ];
}

/** Nothing while there is nothing to do. */
function loadLines({ inFlight, queued }: GetModelResponse): string[] {
  if (inFlight === 0 && queued === 0) return [];
  return [`${inFlight} predictions in flight, ${queued} queued`];
}

function versionLines(link: VersionLink | undefined): string[] {
  if (link === undefined) return [];
  const { reference, state, problem, declaredFields, differences } = link;
  const stands = state === VersionLinkState.LINKED ? "" : ` (${wordOf(VersionLinkState, state)})`;
  return [
    `${versionWords(link) || reference}${stands}`,
    problem,
    declaredFields.length === 0 ? "" : `declares ${declaredFields.join(" and ").replaceAll("_", " ")} of this model`,
    ...differences.map((difference) => `differs: ${difference}`),
  ];
}

const ruleWords: Readonly<Record<number, string>> = {
  [AddressRule.ENTRY_URL]: "the entry's url",
  [AddressRule.INFERENCE_SERVICE]: "the address of the InferenceService",
  [AddressRule.URL_FORMAT]: "KSERVE_URL_FORMAT, with the entry's service and namespace",
};

function addressLines(address: ModelAddress | undefined): string[] {
  if (address === undefined) return [];
  const from = ruleWords[address.rule];
  return [address.url + address.predictPath, from === undefined ? "" : `from ${from}`];
}

function entryLine({ source, location, shadowed, refused, problems, updateTime }: ModelEntry): string {
  const place = `${location} (${wordOf(ModelSource, source)})`;
  if (refused) return `${place}, ${problemWords(problems)}`;
  return `${place}, ${shadowed ? "shadowed by the first" : "served"}, unchanged for ${ageOf(updateTime)}`;
}

function featureLines(features: readonly InputFeature[], format: InputFormat): string[] {
  if (features.length === 0) return ["none declared: rows are passed through unchanged"];
  const others = format === InputFormat.UNSPECIFIED || format === InputFormat.ARRAY ? "" : wordOf(InputFormat, format);
  return [...features.map(featureLine), others === "" ? "" : `(sent to the model as ${others})`];
}

function featureLine(feature: InputFeature, index: number): string {
  const { min, max, values, defaultValue } = feature;
  const facts = [
    wordOf(FeatureType, feature.type),
    feature.unit,
    min === undefined ? "" : `from ${min}`,
    max === undefined ? "" : `to ${max}`,
    feature.nullable ? "may be null" : "",
    values.length === 0 ? "" : `one of ${values.map(valueText).join(", ")}`,
    defaultValue === undefined ? "" : `default ${valueText(defaultValue)}`,
    feature.description,
  ].filter((fact) => fact !== "");
  return `${index}  ${feature.name}${facts.length === 0 ? "" : `: ${facts.join(", ")}`}`;
}

function outputLines(format: OutputFormat | undefined): string[] {
  if (format === undefined) return [];
  const { field: path, threshold, comparison, labels, shape, count } = format;
  return [
    path === "" ? "the prediction itself" : `${path} of a prediction`,
    threshold === undefined ? "" : `needs action if ${compared(comparison, threshold)}`,
    ...Object.entries(labels).map(([value, label]) => `${value} means ${label}`),
    shape === undefined ? "" : `a prediction is ${shapeWords(shape.dimensions)}`,
    count === PredictionCount.ANY ? "any number of predictions" : "",
  ];
}

function shapeWords(dimensions: readonly number[]): string {
  return dimensions.length === 0 ? "a single value" : `a list of ${dimensions.join(" x ")}`;
}

function triggerLine({ name, type, metric, threshold, comparison }: Trigger): string {
  if (name !== "") return name;
  const on = metric === "" ? "" : ` on ${metric}`;
  return `${type}${on}${threshold === undefined ? "" : ` ${compared(comparison, threshold)}`}`;
}

function actionLine({ type, severity, target, parameters }: RemediationAction): string {
  const facts = [
    severity === "" ? "" : `severity ${severity}`,
    target === "" ? "" : `target ${target}`,
    parameters === undefined ? "" : JSON.stringify(parameters),
  ].filter((fact) => fact !== "");
  return `${type}${facts.length === 0 ? "" : `: ${facts.join(", ")}`}`;
}

const comparisonSigns: Readonly<Record<number, string>> = {
  [Comparison.GREATER]: ">",
  [Comparison.LESS_OR_EQUAL]: "<=",
  [Comparison.LESS]: "<",
  [Comparison.EQUAL]: "==",
  [Comparison.NOT_EQUAL]: "!=",
};

function compared(comparison: Comparison, threshold: number): string {
  return `${comparisonSigns[comparison] ?? ">="} ${threshold}`;
}

function valueText(value: Value): string {
  return JSON.stringify(toJson(ValueSchema, value));
}
