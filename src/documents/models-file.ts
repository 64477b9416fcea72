import type { FileProblem } from "./file-problem.ts";
import type { WrittenModel } from "./written-model.ts";

/**
 * The forms in which models are written down:
 *
 * - `list`: a JSON or YAML list of entries, the value of `KSERVE_MODEL_REGISTRY`
 * - `models-file`: `models.yaml`, a document with the key `models`
 * - `config-map`: the manifest of a ConfigMap with a `models.yaml` in it
 * - `model-registration`: the manifests of ModelRegistration resources
 * - `values`: Helm values, with `kserve` at the top or below `coordinationEngine`
 * - `env`: variables, one `NAME=value` a line
 */
export const fileForms = ["list", "models-file", "config-map", "model-registration", "values", "env"] as const;
export type FileForm = (typeof fileForms)[number];

/** What a file says about all of its models. */
export interface FileSettings {
  readonly enabled?: boolean;
  /** The namespace of entries that name none. */
  readonly namespace?: string;
  /** The port of entries with neither `url` nor `port`. */
  readonly port?: number;
}

/** What was read of a file, and what is wrong with it. */
export interface FileReading {
  readonly models: readonly WrittenModel[];
  readonly settings: FileSettings;
  readonly problems: readonly FileProblem[];
}

/** A file that models are written down in. */
export interface ModelsFile extends FileReading {
  readonly form: FileForm;
}
