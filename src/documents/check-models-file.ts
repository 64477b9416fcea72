import { parseModelEntry } from "../registry/model-entry.ts";
import type { ModelsFile } from "./models-file.ts";
import { byPosition, type FileProblem } from "./position.ts";
import { nameOf, type WrittenModel } from "./written-model.ts";

/** Checks the models of a file as the service would read them. Problems come in the order of the file. */
export function checkModelsFile(file: ModelsFile): readonly FileProblem[] {
  const problems = [...file.problems];
  const first = new Map<string, WrittenModel>();
  for (const model of file.models) {
    // A form without types leaves them to the service, which takes such a model without one.
    const value = model.untyped ? { type: "anomaly", ...(model.value as object) } : model.value;
    for (const { field, message } of parseModelEntry(value, file.settings.namespace ?? "default").problems) {
      const path = [wordsFor(model), field === "" ? "" : model.fieldName(field), message];
      problems.push({
        position: model.positionOf(field),
        severity: "error",
        message: path.filter((part) => part !== "").join(": "),
      });
    }
    const name = nameOf(model);
    const known = name === undefined ? undefined : first.get(name);
    if (known !== undefined) {
      const { line } = known.positionOf("name");
      problems.push({
        position: model.positionOf("name"),
        severity: "error",
        message: `${model.where}: the name ${name} is used twice; line ${line} has it already, and names are unique`,
      });
    } else if (name !== undefined) {
      first.set(name, model);
    }
  }
  return problems.sort(byPosition);
}

function wordsFor(model: WrittenModel): string {
  const name = nameOf(model);
  return name === undefined || model.where.includes(name) ? model.where : `${model.where} (${name})`;
}
