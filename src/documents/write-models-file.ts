import { Document, isMap, isScalar, type Node, Pair, Scalar, visit, type YAMLMap, YAMLSeq } from "yaml";
import type { FileForm, ModelsFile } from "./models-file.ts";
import { registrationManifest } from "./registration-form.ts";
import { entryMap, type WrittenModel } from "./written-model.ts";
import { addAfter, mapOf } from "./yaml/node.ts";

/** How a file is to be written. */
export interface WriteOptions {
  /** The name of a ConfigMap. */
  readonly configMapName: string;
}

const dumpOptions = { lineWidth: 0, indentSeq: true, flowCollectionPadding: false } as const;

/**
 * Writes the models of a file in another form. Comments at a model or its fields are kept wherever the form has a place
 * for them.
 *
 * @param file one without errors
 */
export function writeModelsFile(file: ModelsFile, form: FileForm, options: WriteOptions): string {
  const { settings } = file;
  const entries = file.models.map((model) => blockStyle(entryMap(model)!));
  switch (form) {
    case "list":
      return `${JSON.stringify(
        entries.map((entry) => toPlain(selfContained(entry, file))),
        null,
        2,
      )}\n`;
    case "env":
      return environmentText(file, entries);
    case "models-file":
      return dump(mapOf({ models: listOf(entries.map((entry) => selfContained(entry, file))) }));
    case "values":
      return dump(
        mapOf({
          coordinationEngine: mapOf({
            kserve: mapOf({
              enabled: new Scalar(settings.enabled ?? true),
              ...(settings.namespace === undefined ? {} : { namespace: new Scalar(settings.namespace) }),
              models: listOf(entries.map((entry) => withPort(entry, file))),
            }),
          }),
        }),
      );
    case "config-map":
      return configMapText(
        entries.map((entry) => selfContained(entry, file)),
        file,
        options,
      );
    case "model-registration":
      return entries
        .map((entry) => dump(registrationManifest(selfContained(entry, file), settings.namespace)))
        .join("---\n");
  }
}

/** A YAML list of entries as text, each line indented, for putting into a text. */
export function entriesText(models: readonly WrittenModel[], indent: string): string {
  return String(new Document(listOf(models.map((model) => blockStyle(entryMap(model)!))), {}).toString(dumpOptions))
    .replace(/\n$/, "")
    .replaceAll(/^(?=.)/gm, indent);
}

function environmentText(file: ModelsFile, entries: readonly YAMLMap[]): string {
  const { settings } = file;
  // A quote would end the value, so it is written as a JSON escape.
  const json = JSON.stringify(entries.map(toPlain)).replaceAll("'", "\\u0027");
  return [
    ...(settings.enabled === undefined ? [] : [`ENABLE_KSERVE_INTEGRATION=${settings.enabled}`]),
    ...(settings.namespace === undefined ? [] : [`KSERVE_NAMESPACE=${settings.namespace}`]),
    ...(settings.port === undefined ? [] : [`KSERVE_PREDICTOR_PORT=${settings.port}`]),
    `KSERVE_MODEL_REGISTRY='${json}'`,
    "",
  ].join("\n");
}

function configMapText(entries: readonly YAMLMap[], file: ModelsFile, { configMapName }: WriteOptions): string {
  const text = new Scalar(dump(mapOf({ models: listOf(entries) })));
  text.type = "BLOCK_LITERAL";
  return dump(
    mapOf({
      apiVersion: new Scalar("v1"),
      kind: new Scalar("ConfigMap"),
      metadata: mapOf({
        name: new Scalar(configMapName),
        ...(file.settings.namespace === undefined ? {} : { namespace: new Scalar(file.settings.namespace) }),
      }),
      data: mapOf({ "models.yaml": text }),
    }),
  );
}

/** An entry with the settings of its file, for a form that has no place for those. */
function selfContained(entry: YAMLMap, file: ModelsFile): YAMLMap {
  const complete = withPort(entry, file);
  const { namespace } = file.settings;
  if (namespace !== undefined && !complete.has("namespace") && complete.has("service")) {
    addAfter(complete, "service", "namespace", namespace);
  }
  return complete;
}

function withPort(entry: YAMLMap, { settings }: ModelsFile): YAMLMap {
  const complete = entry.clone() as YAMLMap;
  if (settings.port !== undefined && !complete.has("port") && !complete.has("url")) {
    complete.items.push(new Pair(new Scalar("port"), new Scalar(settings.port)));
  }
  return complete;
}

/**
 * The entry in the style in which people write YAML: maps over several lines, no quotes left over from JSON; short
 * lists stay as they are.
 */
function blockStyle(entry: YAMLMap): YAMLMap {
  const copy = entry.clone() as YAMLMap;
  visit(copy, {
    Collection(_, node) {
      const ofScalars = node.items.every((item) => isScalar(item));
      if (isMap(node) || !ofScalars) node.flow = false;
    },
    Scalar(key, node) {
      if (key === "key" || node.type === "QUOTE_DOUBLE") node.type = "PLAIN";
    },
  });
  return copy;
}

function toPlain(entry: YAMLMap): unknown {
  try {
    return entry.toJS(new Document(), { maxAliasCount: 100 });
  } catch {
    // It refers to an anchor outside of it.
    return undefined;
  }
}

function listOf(entries: readonly YAMLMap[]): YAMLSeq {
  const list = new YAMLSeq();
  list.items = [...entries];
  return list;
}

function dump(root: Node): string {
  return new Document(root as YAMLMap).toString(dumpOptions);
}
