import { isRecord } from "../base/field-reader.ts";
import { namespaceNamedBy } from "../registry/address.ts";
import { byPosition, type FileProblem } from "./file-problem.ts";
import type { ModelsFile } from "./models-file.ts";
import { nameOf, type WrittenModel } from "./written-model.ts";

/** Checks the models of a file as the service would read them. Problems come in the order of the file. */
export function checkModelsFile(file: ModelsFile): readonly FileProblem[] {
  const problems = [...file.problems];
  const defaultNamespace = file.settings.namespace ?? "default";
  const first = new Map<string, WrittenModel>();
  for (const model of file.models) {
    for (const { position, field, message } of problemsOf(model, defaultNamespace)) {
      const path = [wordsFor(model), field, message].filter((part) => part !== "");
      problems.push({ position, severity: "error", message: path.join(": ") });
    }
    if (model.problems.length > 0) continue;
    const name = nameOf(model);
    const fullName = `${namespaceOf(model, defaultNamespace)}/${name}`;
    const known = name === undefined ? undefined : first.get(fullName);
    if (known !== undefined) {
      const { line } = known.namePosition;
      problems.push({
        position: model.namePosition,
        severity: "error",
        message: `${model.where}: the name ${name} is used twice; line ${line} has it already, and names are unique within a namespace`,
      });
    } else if (name !== undefined) {
      first.set(fullName, model);
    }
  }
  return problems.sort(byPosition);
}

/** Syntax problems of a model; if there are none, problems of its content, as the service would find them. */
function problemsOf(model: WrittenModel, defaultNamespace: string): WrittenModel["problems"] {
  if (model.problems.length > 0) return model.problems;
  return model.check(defaultNamespace).map((one) => ({ ...one, position: model.positionOf(one.field) }));
}

/** Where the model of an entry is, as the service finds it. */
function namespaceOf({ value }: WrittenModel, defaultNamespace: string): string {
  const { namespace, url } = isRecord(value) ? value : {};
  if (typeof namespace === "string") return namespace;
  return (typeof url === "string" && URL.canParse(url) ? namespaceNamedBy(url) : undefined) ?? defaultNamespace;
}

function wordsFor(model: WrittenModel): string {
  const name = nameOf(model);
  return name === undefined || model.where.includes(name) ? model.where : `${model.where} (${name})`;
}
