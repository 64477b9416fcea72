import { type Document, isMap, isSeq, type Node } from "yaml";
import type { FileForm, FileReading, ModelsFile } from "./models-file.ts";
import { type Locate, locateIn } from "./position.ts";
import { isEnvironment, readEnvironment } from "./read-environment.ts";
import { readList } from "./read-list.ts";
import { readManifests } from "./read-manifests.ts";
import { kserveOf, readValues } from "./read-values.ts";
import { plain, readYaml, startOf, textAt, valueAt } from "./yaml-documents.ts";

const expected =
  "expected a list of models, a models.yaml (`models:`), a ConfigMap with a models.yaml in it, ModelRegistration " +
  "manifests, Helm values with `kserve:` or `coordinationEngine.kserve:`, or variables, NAME=value";

/** Reads the models of a file, whatever its form. Nothing is thrown: what is wrong stands in `problems`. */
export function readModelsFile(text: string): ModelsFile {
  if (isEnvironment(text)) return { form: "env", ...readEnvironment(text) };
  const locate = locateIn(text);
  const { documents, problems } = readYaml(text, locate);
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
  const read = readForm(form, filled, locate, text);
  return { form, ...read, problems: [...problems, ...read.problems] };
}

function readForm(form: FileForm, documents: readonly Document[], locate: Locate, text: string): FileReading {
  for (const document of documents) {
    if (plain(document.contents, document) !== undefined) continue;
    const position = locate(startOf(document.contents));
    return {
      models: [],
      settings: {},
      problems: [{ position, severity: "error", message: "has aliases of aliases, too many to follow" }],
    };
  }
  const [document] = documents as [Document, ...Document[]];
  switch (form) {
    case "config-map":
    case "model-registration":
      return readManifests(form, documents, locate, text);
    case "values":
      return readValues(document, locate);
    case "list":
      return readList(document.contents, "", { document, locate });
    default:
      return readList(valueAt(document.contents, "models"), "models", { document, locate });
  }
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
