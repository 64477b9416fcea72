import { create, fromJson, type JsonObject } from "@bufbuild/protobuf";
import { timestampFromDate, ValueSchema } from "@bufbuild/protobuf/wkt";
import {
  Comparison,
  FeatureType,
  type InputFeature,
  InputFeatureSchema,
  InputFormat,
  type Model,
  ModelProtocol,
  ModelSchema,
  ModelSource,
  ModelState,
  ModelType,
  type OutputFormat,
  OutputFormatSchema,
  PredictionCount,
  type RemediationAction,
  RemediationActionSchema,
  type Trigger,
  TriggerSchema,
  type VersionLink,
  VersionLinkSchema,
  VersionLinkState,
} from "../../../gen/kserve/registry/v1/model_pb.ts";
import {
  AddressRule,
  BreakerState,
  type GetModelResponse,
  GetModelResponseSchema,
  type ModelBreaker,
  ModelBreakerSchema,
  type ModelEntry,
  ModelEntrySchema,
  type UnservedEntry,
  UnservedEntrySchema,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { hasContract } from "../../contract/contract.ts";
import { contractNames } from "../../contract/contract-names.ts";
import { exampleRequest } from "../../contract/example-request.ts";
import type { BreakerView } from "../../predict/limits/breaker.ts";
import type { ModelLoad } from "../../predict/limits/bulkhead.ts";
import type { UnservedEntry as DomainUnserved } from "../../registry/merged-sources.ts";
import type {
  RemediationAction as DomainAction,
  Comparison as DomainComparison,
  InputFeature as DomainFeature,
  FeatureType as DomainFeatureType,
  InputFormat as DomainInputFormat,
  VersionLink as DomainLink,
  OutputFormat as DomainOutputFormat,
  ModelProtocol as DomainProtocol,
  AddressRule as DomainRule,
  Trigger as DomainTrigger,
  ModelType as DomainType,
  LinkState,
  Provenance,
  RegisteredModel,
  SourceKind,
} from "../../registry/model.ts";
import type { ModelState as DomainState, Readiness } from "../../registry/readiness.ts";
import { versionRefText } from "../../registry/version-ref.ts";
import { shownRef } from "../typed/typed-model.ts";

const types: Readonly<Record<DomainType, ModelType>> = {
  anomaly: ModelType.ANOMALY,
  predictive: ModelType.PREDICTIVE,
  classification: ModelType.CLASSIFICATION,
};

export const sourceKindToMessage: Readonly<Record<SourceKind, ModelSource>> = {
  "model-registration": ModelSource.MODEL_REGISTRATION,
  "config-map": ModelSource.CONFIG_MAP,
  file: ModelSource.FILE,
  environment: ModelSource.ENVIRONMENT,
  "legacy-environment": ModelSource.LEGACY_ENVIRONMENT,
  discovery: ModelSource.DISCOVERY,
};

const states: Readonly<Record<DomainState, ModelState>> = {
  unknown: ModelState.UNKNOWN,
  ready: ModelState.READY,
  "not-ready": ModelState.NOT_READY,
  unreachable: ModelState.UNREACHABLE,
};

const inputFormats: Readonly<Record<DomainInputFormat, InputFormat>> = {
  array: InputFormat.ARRAY,
  record: InputFormat.RECORD,
  "record-of-lists": InputFormat.RECORD_OF_LISTS,
  columnar: InputFormat.COLUMNAR,
};

const protocols: Readonly<Record<DomainProtocol, ModelProtocol>> = {
  v1: ModelProtocol.V1,
  v2: ModelProtocol.V2,
  "grpc-v2": ModelProtocol.GRPC_V2,
};

const featureTypes: Readonly<Record<DomainFeatureType, FeatureType>> = {
  number: FeatureType.NUMBER,
  integer: FeatureType.INTEGER,
  boolean: FeatureType.BOOLEAN,
  string: FeatureType.STRING,
};

const comparisons: Readonly<Record<DomainComparison, Comparison>> = {
  ">=": Comparison.GREATER_OR_EQUAL,
  ">": Comparison.GREATER,
  "<=": Comparison.LESS_OR_EQUAL,
  "<": Comparison.LESS,
  "==": Comparison.EQUAL,
  "!=": Comparison.NOT_EQUAL,
};

const rules: Readonly<Record<DomainRule, AddressRule>> = {
  "entry-url": AddressRule.ENTRY_URL,
  "inference-service": AddressRule.INFERENCE_SERVICE,
  "url-format": AddressRule.URL_FORMAT,
};

/** The values of enums, by the words of the registry. */
export const modelEnums = {
  type: types,
  state: states,
  source: sourceKindToMessage,
  inputFormat: inputFormats,
  protocol: protocols,
};

/** The names of the types that a request may have, for messages. */
export const typeNames = Object.keys(types)
  .map((name) => `MODEL_TYPE_${name.toUpperCase()}`)
  .join(", ");

/** The type of a filter; undefined when it asks for every type. An unknown number matches no model. */
export function typeFromMessage(type: ModelType): DomainType | "unknown" | undefined {
  if (type === ModelType.UNSPECIFIED) return undefined;
  return (Object.keys(types) as DomainType[]).find((name) => types[name] === type) ?? "unknown";
}

/** A registered model as the contract has it. */
export function modelToMessage(model: RegisteredModel, readiness: Readiness): Model {
  return create(ModelSchema, {
    name: model.name,
    service: model.service,
    namespace: model.namespace,
    type: model.type === undefined ? ModelType.UNSPECIFIED : types[model.type],
    description: model.description,
    url: model.address.url,
    inputFormat: inputFormats[model.inputFormat],
    protocol: protocols[model.protocol],
    ...declarationsToMessage(model),
    state: states[readiness.state],
    stateReason: readiness.reason,
    source: sourceKindToMessage[model.source],
    updateTime: timestampFromDate(model.updateTime),
    cluster: model.cluster,
    holdsName: model.holdsName,
    ...linkToMessage(model),
  });
}

/** What a model declares of its rows, its predictions and itself, and most do not. */
export function declarationsToMessage(
  model: RegisteredModel,
): Pick<Model, "triggers" | "inputFeatures" | "outputFormat" | "remediationActions"> {
  return {
    triggers: model.triggers.map(triggerToMessage),
    inputFeatures: model.inputFeatures.map(featureToMessage),
    ...(model.outputFormat === undefined ? {} : { outputFormat: outputFormatToMessage(model.outputFormat) }),
    remediationActions: model.remediationActions.map(actionToMessage),
  };
}

/** The version that a model is linked to, where it is. */
export function linkToMessage({ link }: RegisteredModel): Pick<Model, "versionLink"> {
  return link === undefined ? {} : { versionLink: versionLinkToMessage(link) };
}

const linkStates: Readonly<Record<LinkState, VersionLinkState>> = {
  linked: VersionLinkState.LINKED,
  archived: VersionLinkState.ARCHIVED,
  "not-found": VersionLinkState.NOT_FOUND,
  "not-trusted": VersionLinkState.NOT_TRUSTED,
  unknown: VersionLinkState.UNKNOWN,
};

const takenFields = { inputFeatures: "input_features", outputFormat: "output_format" } as const;

function versionLinkToMessage({ ref, state, problem, found, takes, differences }: DomainLink): VersionLink {
  return create(VersionLinkSchema, {
    reference: versionRefText(ref),
    state: linkStates[state],
    problem,
    ...(found === undefined
      ? {}
      : {
          registeredModel: found.registeredModel,
          registeredModelId: found.registeredModelId,
          version: found.version,
          modelVersionId: found.versionId,
          aliases: [...found.aliases],
        }),
    declaredFields: takes.map((field) => takenFields[field]),
    differences: [...differences],
  });
}

/** A registered model in full: its address and why, its entries, its readiness. */
export function modelDetailToMessage(
  model: RegisteredModel,
  readiness: Readiness,
  predictPath: string,
  { breaker, inFlight, queued }: ModelLoad,
  refused: readonly DomainUnserved[],
): GetModelResponse {
  return create(GetModelResponseSchema, {
    model: modelToMessage(model, readiness),
    address: { url: model.address.url, predictPath, rule: rules[model.address.rule] },
    entries: [
      entryToMessage(model, false),
      ...model.shadowed.map((entry) => entryToMessage(entry, true)),
      ...refused.map(refusedToMessage),
    ],
    readiness: {
      state: states[readiness.state],
      reason: readiness.reason,
      ...(readiness.checkTime === undefined ? {} : { checkTime: timestampFromDate(readiness.checkTime) }),
    },
    exampleRequest: exampleRequest(model),
    typedService: hasContract(model) ? contractNames(model.name, shownRef(model).namespace).service : "",
    breaker: breakerToMessage(breaker),
    inFlight,
    queued,
  });
}

const breakerStates: Readonly<Record<BreakerView["state"], BreakerState>> = {
  closed: BreakerState.CLOSED,
  open: BreakerState.OPEN,
  "half-open": BreakerState.HALF_OPEN,
};

export function breakerToMessage({ state, consecutiveFailures, openSince, nextProbe }: BreakerView): ModelBreaker {
  return create(ModelBreakerSchema, {
    state: breakerStates[state],
    consecutiveFailures,
    ...(openSince === undefined ? {} : { openTime: timestampFromDate(openSince) }),
    ...(nextProbe === undefined ? {} : { nextProbeTime: timestampFromDate(nextProbe) }),
  });
}

function entryToMessage(entry: Provenance, shadowed: boolean): ModelEntry {
  return create(ModelEntrySchema, {
    source: sourceKindToMessage[entry.source],
    location: entry.location,
    cluster: entry.cluster,
    shadowed,
    updateTime: timestampFromDate(entry.updateTime),
  });
}

function refusedToMessage({ source, location, cluster, problems }: DomainUnserved): ModelEntry {
  return create(ModelEntrySchema, {
    source: sourceKindToMessage[source],
    location,
    cluster,
    refused: true,
    problems: problems.map(({ field, message }) => ({ field, message })),
  });
}

/** An entry that is not in force, as the contract has it. */
export function unservedToMessage(unserved: DomainUnserved): UnservedEntry {
  const { name = "", shadowed } = unserved;
  const entry =
    shadowed === undefined
      ? refusedToMessage(unserved)
      : entryToMessage({ ...unserved, updateTime: shadowed.updateTime }, true);
  return create(UnservedEntrySchema, { name, entry, namespace: shadowed?.entry.namespace ?? unserved.tenant ?? "" });
}

/** How a model server wants its rows, as the contract has it. */
export function inputFormatToMessage(format: DomainInputFormat): InputFormat {
  return inputFormats[format];
}

/** A comparison as the contract has it. */
export function comparisonToMessage(comparison: DomainComparison | undefined): Comparison {
  return comparison === undefined ? Comparison.UNSPECIFIED : comparisons[comparison];
}

/** A trigger as the contract has it. */
export function triggerToMessage({ comparison, ...trigger }: DomainTrigger): Trigger {
  return create(TriggerSchema, { ...trigger, comparison: comparisonToMessage(comparison) });
}

/** A feature as the contract has it. */
export function featureToMessage({ type, default: fallback, values = [], ...feature }: DomainFeature): InputFeature {
  return create(InputFeatureSchema, {
    ...feature,
    type: type === undefined ? FeatureType.UNSPECIFIED : featureTypes[type],
    ...(fallback === undefined ? {} : { defaultValue: fromJson(ValueSchema, fallback) }),
    values: values.map((value) => fromJson(ValueSchema, value)),
  });
}

/** What the value that matters is, as the contract has it. */
export function outputFormatToMessage({
  comparison,
  labels = {},
  shape,
  count,
  ...format
}: DomainOutputFormat): OutputFormat {
  return create(OutputFormatSchema, {
    ...format,
    comparison: comparisonToMessage(comparison),
    labels: { ...labels },
    ...(shape === undefined ? {} : { shape: { dimensions: [...shape] } }),
    count: count === "any" ? PredictionCount.ANY : PredictionCount.UNSPECIFIED,
  });
}

/** Advice of the owner as the contract has it. */
export function actionToMessage({ type, severity, target, ...others }: DomainAction): RemediationAction {
  return create(RemediationActionSchema, {
    type,
    severity: typeof severity === "string" ? severity : "",
    target: typeof target === "string" ? target : "",
    ...(Object.keys(others).length === 0 ? {} : { parameters: others as JsonObject }),
  });
}
