import { valueUnder } from "../base/value-under.ts";
import type { ModelEntry } from "../registry/model.ts";
import { type ModelRef, refText } from "../registry/model-key.ts";
import { modelComment } from "./comment.ts";
import { type ContractNames, contractNames, messageNames, predictMethod } from "./contract-names.ts";
import { defaultPackageRoots, fileOptions, type PackageRoots } from "./file-options.ts";
import { type FeatureField, instanceFields } from "./instance-message.ts";
import { type PredictionFields, predictionFields } from "./prediction-message.ts";
import type { ProtoFile } from "./proto-file.ts";

/** The typed service of a model: its rows and predictions as messages. */
export interface Contract {
  /** How the contract names the model: by its bare name, or by name and namespace. */
  readonly ref: ModelRef;
  readonly names: ContractNames;
  readonly features: readonly FeatureField[];
  readonly prediction: PredictionFields;
  readonly file: ProtoFile;
}

/** How a contract names its model: by the bare name, for whichever model holds it, or by name and namespace. */
export type ContractScope = "bare" | "namespaced";

// Entries are immutable: a change makes a new object, and the contract of the old one can be collected with it.
const made: Readonly<Record<ContractScope, WeakMap<PackageRoots, WeakMap<ModelEntry, Contract>>>> = {
  bare: new WeakMap(),
  namespaced: new WeakMap(),
};

/** The contract of a model; undefined when it declares no features. The roots only affect the names of packages. */
export function contractOf(
  model: ModelEntry,
  roots: PackageRoots = defaultPackageRoots,
  scope: ContractScope = "bare",
): Contract | undefined {
  if (!hasContract(model)) return undefined;
  const ofRoots = valueUnder(made[scope], roots, () => new WeakMap<ModelEntry, Contract>());
  return valueUnder(ofRoots, model, () => createContract(model, roots, scope));
}

/** Whether a model has a contract, without creating it. */
export function hasContract(model: ModelEntry): boolean {
  return model.inputFeatures.length > 0;
}

function createContract(model: ModelEntry, roots: PackageRoots, scope: ContractScope): Contract {
  const ref = { name: model.name, namespace: scope === "bare" ? "" : model.namespace };
  const names = contractNames(ref.name, ref.namespace);
  const features = instanceFields(model.inputFeatures);
  const prediction = predictionFields(model.outputFormat);
  return { ref, names, features, prediction, file: fileOf(model, ref, names, roots, features, prediction) };
}

function fileOf(
  model: ModelEntry,
  ref: ModelRef,
  names: ContractNames,
  roots: PackageRoots,
  features: readonly FeatureField[],
  { value, label, thresholdCrossed, prediction }: PredictionFields,
): ProtoFile {
  const { fileName, packageName, serviceName } = names;
  const { request, instance, response, prediction: predictionName } = messageNames;
  return {
    fileName,
    packageName,
    options: fileOptions(packageName, serviceName, roots),
    comment: [`The typed contract of the model ${refText(ref)}, made by kserve-model-registry from its entry.`],
    service: {
      name: serviceName,
      comment: modelComment(model),
      method: { name: predictMethod, comment: ["Gets one prediction per instance."], request, response },
    },
    messages: [
      {
        name: request,
        comment: ["What to predict."],
        fields: [
          {
            name: "instances",
            jsonName: "instances",
            number: 1,
            type: { message: instance },
            label: "repeated",
            comment: ["The rows. At least one."],
          },
        ],
      },
      { name: instance, comment: ["One row: the features, in the order the model declares them."], fields: features },
      {
        name: response,
        comment: ["The predictions of the model."],
        fields: [
          {
            name: "predictions",
            jsonName: "predictions",
            number: 1,
            type: { message: predictionName },
            label: "repeated",
            comment: ["One per instance, in their order."],
          },
          {
            name: "model_version",
            jsonName: "modelVersion",
            number: 2,
            type: "string",
            comment: [
              "The version of the model: as its server gives it, else the registered version that the model is linked to.",
              "Empty where there is neither.",
            ],
          },
        ],
      },
      {
        name: predictionName,
        comment: ["One prediction."],
        fields: [value, label, thresholdCrossed, prediction].filter((field) => field !== undefined),
      },
    ],
  };
}
