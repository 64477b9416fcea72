import type { ModelEntry } from "../registry/model.ts";
import { modelComment } from "./comment.ts";
import { type ContractNames, contractNames, messageNames, predictMethod } from "./contract-names.ts";
import { type FeatureField, instanceFields } from "./instance-message.ts";
import { type PredictionFields, predictionFields } from "./prediction-message.ts";
import type { ProtoFile } from "./proto-file.ts";

/** What a model takes and gives, as a typed service of its own. */
export interface Contract {
  readonly names: ContractNames;
  readonly features: readonly FeatureField[];
  readonly prediction: PredictionFields;
  readonly file: ProtoFile;
}

// An entry never changes: one that does is another object, and what was made of the old one goes with it.
const made = new WeakMap<ModelEntry, Contract>();

/** The contract of a model; undefined when it declares no features. */
export function contractOf(model: ModelEntry): Contract | undefined {
  if (!hasContract(model)) return undefined;
  let contract = made.get(model);
  if (contract === undefined) {
    contract = createContract(model);
    made.set(model, contract);
  }
  return contract;
}

/** Whether a model has a contract. Costs nothing, where `contractOf` makes one. */
export function hasContract(model: ModelEntry): boolean {
  return model.inputFeatures.length > 0;
}

function createContract(model: ModelEntry): Contract {
  const names = contractNames(model.name);
  const features = instanceFields(model.inputFeatures);
  const prediction = predictionFields(model.outputFormat);
  return { names, features, prediction, file: fileOf(model, names, features, prediction) };
}

function fileOf(
  model: ModelEntry,
  names: ContractNames,
  features: readonly FeatureField[],
  { value, label, thresholdCrossed, prediction }: PredictionFields,
): ProtoFile {
  const { fileName, packageName, options, serviceName } = names;
  const { request, instance, response, prediction: predictionName } = messageNames;
  return {
    fileName,
    packageName,
    options,
    comment: [`The typed contract of the model ${model.name}, made by kserve-model-registry from its entry.`],
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
            ...plainName("instances"),
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
            ...plainName("predictions"),
            number: 1,
            type: { message: predictionName },
            label: "repeated",
            comment: ["One per instance, in their order."],
          },
          {
            ...plainName("model_version", "modelVersion"),
            number: 2,
            type: "string",
            comment: ["The version of the model, where its server gives one. Empty otherwise."],
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

function plainName(name: string, jsonName = name): { name: string; jsonName: string } {
  return { name, jsonName };
}
