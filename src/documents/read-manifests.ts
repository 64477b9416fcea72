import { type Document, isScalar, isSeq, type Node, type Scalar } from "yaml";
import { type FileProblem, repeatedKeyProblems } from "./file-problem.ts";
import type { FileForm, FileReading } from "./models-file.ts";
import { readModelsText } from "./read-list.ts";
import { readRegistration } from "./registration-form.ts";
import type { WrittenModel } from "./written-model.ts";
import { pairAt, startOf, textAt, valueAt } from "./yaml/node.ts";
import { type Locate, locateWithin, type Position } from "./yaml/position.ts";

/** Reads the models of Kubernetes manifests. Manifests of other kinds are ignored. */
export function readManifests(
  form: Extract<FileForm, "config-map" | "model-registration">,
  documents: readonly Document[],
  locate: Locate,
  text: string,
): FileReading {
  const models: WrittenModel[] = [];
  const problems: FileProblem[] = [];
  const namespaces = new Set<string | undefined>();
  for (const document of documents) {
    for (const problem of repeatedKeyProblems(document, locate)) problems.push(problem);
    for (const manifest of manifestsOf(document)) {
      const kind = textAt(manifest, "kind");
      if (form === "config-map" && kind === "ConfigMap") {
        namespaces.add(textAt(valueAt(manifest, "metadata"), "namespace"));
        const read = readConfigMap(manifest, locate, text);
        for (const model of read.models) models.push(model);
        for (const problem of read.problems) problems.push(problem);
      }
      if (form === "model-registration" && kind === "ModelRegistration") {
        models.push(readRegistration(manifest, document, locate));
        namespaces.add(textAt(valueAt(manifest, "metadata"), "namespace"));
      }
    }
  }
  const [namespace] = namespaces;
  return { models, settings: namespaces.size === 1 && namespace ? { namespace } : {}, problems };
}

function manifestsOf(document: Document): Node[] {
  const items = valueAt(document.contents, "items");
  if (isSeq(items)) return items.items as Node[];
  return document.contents === null ? [] : [document.contents];
}

function readConfigMap(manifest: Node, locate: Locate, text: string): FileReading {
  const data = pairAt(valueAt(manifest, "data"), "models.yaml");
  if (!isScalar(data?.value) || typeof data.value.value !== "string") {
    const position = locate(startOf(pairAt(manifest, "data")?.key ?? manifest));
    return {
      models: [],
      settings: {},
      problems: [{ position, severity: "error", message: "data has no models.yaml" }],
    };
  }
  return readModelsText(data.value.value, "models.yaml", locateScalar(data.value, locate, text));
}

/** Locates the text of a scalar in its file: exactly for a literal block, else where the scalar begins. */
function locateScalar(scalar: Scalar, locate: Locate, text: string): Locate {
  const start = startOf(scalar);
  const head = locate(start);
  if (scalar.type !== "BLOCK_LITERAL") return () => head;
  const bodyStart = text.indexOf("\n", start) + 1;
  const indent = /^ */.exec(text.slice(bodyStart))![0].length;
  const first: Position = { line: head.line + 1, column: indent + 1 };
  return locateWithin(String(scalar.value), first, indent);
}
