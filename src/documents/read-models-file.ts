import { type Document, isMap, isSeq, type Node } from "yaml";
import { hasMoreMarks } from "../base/has-more-marks.ts";
import { fileProblem } from "./file-problem.ts";
import type { FileForm, FileReading, ModelsFile } from "./models-file.ts";
import { isEnvironment, readEnvironment } from "./read-environment.ts";
import { readModelsText } from "./read-list.ts";
import { readManifests } from "./read-manifests.ts";
import { kserveOf, readValues } from "./read-values.ts";
import { startOf, textAt, valueAt } from "./yaml/node.ts";
import { type Locate, locateIn } from "./yaml/position.ts";
import { readYaml, type YamlText } from "./yaml/read-yaml.ts";

const expected =
  "expected a list of models, a models.yaml (`models:`), a ConfigMap with a models.yaml in it, ModelRegistration " +
  "manifests, Helm values with `kserve:` or `coordinationEngine.kserve:`, or variables, NAME=value";

/** Ten thousand entries have fewer. Each takes memory and time: without a limit, a file of 20 MB takes minutes and gigabytes. */
const maxMarks = 1_000_000;
const tooManyValues: YamlText = {
  documents: [],
  problems: [
    { offset: 0, message: `has more than ${maxMarks} brackets, commas, colons and lines; split it into several files` },
  ],
};

/** Reads the models of a file in any form. Throws nothing: errors are in `problems`. */
export function readModelsFile(text: string): ModelsFile {
  if (isEnvironment(text)) return { form: "env", ...readEnvironment(text) };
  const locate = locateIn(text);
  const read = hasMoreMarks(text, maxMarks) ? tooManyValues : readYaml(text);
  const { documents } = read;
  const problems = read.problems.map((problem) => fileProblem(problem, locate));
  const filled = documents.filter(({ contents }) => contents !== null);
  const root = filled[0]?.contents;
  const form = filled.map(({ contents }) => formOf(contents)).find((found) => found !== undefined);
  if (form === undefined) {
    const message = root === undefined ? `is empty; ${expected}` : expected;
    const position = locate(startOf(root));
    return {
      form: "models-file",
      models: [],
      settings: {},
      problems: problems.length > 0 ? problems : [{ position, severity: "error", message }],
    };
  }
  if (form === "list" || form === "models-file") return { form, ...readModelsText(text, "", locate) };
  const found = readForm(form, filled, locate, text);
  return { form, ...found, problems: [...problems, ...found.problems] };
}

function readForm(
  form: Exclude<FileForm, "env" | "list" | "models-file">,
  documents: readonly Document[],
  locate: Locate,
  text: string,
): FileReading {
  return form === "values" ? readValues(documents[0]!, locate) : readManifests(form, documents, locate, text);
}

function formOf(root: Node | null): Exclude<FileForm, "env"> | undefined {
  if (isSeq(root)) return "list";
  if (!isMap(root)) return undefined;
  const kind = textAt(root, "kind");
  if (kind === "ConfigMap") return "config-map";
  if (kind === "ModelRegistration" || kind === "ModelRegistrationList") return "model-registration";
  if (kind === "List") return formOf((valueAt(root, "items") as { items?: Node[] } | null)?.items?.[0] ?? null);
  if (kserveOf(root) !== undefined) return "values";
  return valueAt(root, "models") === undefined ? undefined : "models-file";
}
