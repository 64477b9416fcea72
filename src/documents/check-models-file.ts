import { isRecord } from "../base/field-reader.ts";
import { namespaceNamedBy } from "../registry/address.ts";
import { byPosition, type FileProblem } from "./file-problem.ts";
import type { ModelsFile } from "./models-file.ts";
import { nameOf, type WrittenModel } from "./written-model.ts";

/** Checks the models of a file as the service would read them. Problems come in the order of the file. */
export function checkModelsFile(file: ModelsFile): readonly FileProblem[] {
  const problems = [...file.problems];
  const first = new Map<string, WrittenModel>();
  for (const model of file.models) {
    for (const { position, field, message } of model.problems) {
      const path = [wordsFor(model), field, message].filter((part) => part !== "");
      problems.push({ position, severity: "error", message: path.join(": ") });
    }
    // What it says is not looked at then, as it is not by the service.
    if (model.problems.length > 0) continue;
    for (const { field, message } of model.check(file.settings.namespace ?? "default")) {
      const path = [wordsFor(model), field, message];
      problems.push({
        position: model.positionOf(field),
        severity: "error",
        message: path.filter((part) => part !== "").join(": "),
      });
    }
    const name = nameOf(model);
    const fullName = `${namespaceOf(model, file.settings.namespace ?? "default")}/${name}`;
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
