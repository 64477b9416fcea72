import type { ModelType } from "./model.ts";

/** The types of the two models for which the older forms were introduced. */
const knownTypes: Readonly<Record<string, ModelType>> = {
  "anomaly-detector": "anomaly",
  "predictive-analytics": "predictive",
};

/** A model as the older forms name it: by a variable `KSERVE_<X>_SERVICE`, or by a key of a `services` map. */
export interface LegacyModel {
  /** With dashes, in lower case. */
  readonly name: string;
  /** Undefined for any other name: the older forms have no types. */
  readonly type: ModelType | undefined;
}

/** The model that a key of a `services` map stands for: `anomaly_detector` is `anomaly-detector`. */
export function legacyModelOf(key: string): LegacyModel {
  const name = key.toLowerCase().replaceAll("_", "-");
  return { name, type: Object.hasOwn(knownTypes, name) ? knownTypes[name] : undefined };
}

/** A variable `KSERVE_<X>_SERVICE`, with those beside it. */
export interface LegacyVariable extends LegacyModel {
  /** For the name in the path of the model server. */
  readonly pathVariable: string;
  readonly protocolVariable: string;
}

/** What a variable `KSERVE_<X>_SERVICE` names; undefined for any other variable. */
export function legacyVariable(variable: string): LegacyVariable | undefined {
  const key = /^KSERVE_([A-Z0-9_]+)_SERVICE$/.exec(variable)?.[1];
  return key === undefined
    ? undefined
    : { ...legacyModelOf(key), pathVariable: `KSERVE_${key}_MODEL`, protocolVariable: `KSERVE_${key}_PROTOCOL` };
}
