import { Pair, Scalar } from "yaml";
import { checkModelsFile } from "./check-models-file.ts";
import type { FileProblem } from "./file-problem.ts";
import { migrateValues } from "./migrate-values.ts";
import type { FileForm, ModelsFile } from "./models-file.ts";
import { readModelsFile } from "./read-models-file.ts";
import { type WriteOptions, writeModelsFile } from "./write-models-file.ts";
import { entryMap, nameOf, type WrittenModel } from "./written-model.ts";

export interface MigrateOptions extends WriteOptions {
  /** The types of models by name, for forms without types. */
  readonly types: Readonly<Record<string, string>>;
  /** The namespace of entries that name none, where the file does not say. */
  readonly namespace?: string;
}

/** The file in another form, or the problems that prevent it. */
export type Migration =
  | { readonly text: string; readonly models: number }
  | { readonly problems: readonly FileProblem[] };

/**
 * Converts models from one form of file into another. A file that already has that form, and uses nothing deprecated,
 * is returned unchanged.
 */
export function migrateModelsFile(text: string, form: FileForm, options: MigrateOptions): Migration {
  const read = readModelsFile(text);
  const settings = { ...(options.namespace === undefined ? {} : { namespace: options.namespace }), ...read.settings };
  const problems = [...checkModelsFile(read)].filter(({ severity }) => severity === "error");
  for (const problem of read.models.flatMap((model) => giveType(model, options.types))) problems.push(problem);
  if (problems.length > 0) return { problems };
  const file: ModelsFile = { ...read, settings };
  const legacy = file.models.some((model) => model.untyped);
  const written =
    file.form !== form
      ? writeModelsFile(file, form, options)
      : !legacy
        ? text
        : form === "values"
          ? migrateValues(text, file)
          : writeModelsFile(file, form, options);
  return { text: written, models: file.models.length };
}

/** Adds the type that every other form requires to a model of a form without types. */
function giveType(model: WrittenModel, types: MigrateOptions["types"]): FileProblem[] {
  const entry = entryMap(model);
  if (!model.untyped || entry === undefined || entry.has("type")) return [];
  const name = nameOf(model) ?? "";
  const type = types[name];
  if (type === undefined) {
    const message = `${model.where}: its format has no type; set it with --type ${name}=anomaly, predictive or classification`;
    return [{ position: model.namePosition, severity: "error", message }];
  }
  entry.items.push(new Pair(new Scalar("type"), new Scalar(type)));
  return [];
}
