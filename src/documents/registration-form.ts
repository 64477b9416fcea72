import { type Document, isMap, isScalar, isSeq, type Node, Pair, Scalar, YAMLMap, YAMLSeq } from "yaml";
import type { EntryProblem } from "../base/field-reader.ts";
import { inferenceServiceOf, predictorServiceOf } from "../registry/address.ts";
import { entryFromRegistration, registrationFields } from "./registration-entry.ts";
import { type WrittenModel, writtenModel } from "./written-model.ts";
import { addAfter, keyOf, mapOf, pairAt, textAt, valueAt } from "./yaml/node.ts";
import type { Locate } from "./yaml/position.ts";
import { readItem } from "./yaml/yaml-item.ts";

/** The names that an InferenceService can have. A Service with another name is called as it is. */
const inferenceServiceName = /^[a-z](?:[-a-z0-9]{0,51}[a-z0-9])?$/;

/**
 * Reads the manifest of a ModelRegistration as an entry: its name from the metadata, the rest from the spec, with the
 * comments of both. The defaults of the resource are written out.
 */
export function readRegistration(manifest: Node, document: Document, locate: Locate): WrittenModel {
  const metadata = valueAt(manifest, "metadata");
  const spec = pairAt(manifest, "spec");
  const entry = new YAMLMap();
  entry.range = (spec?.key ?? manifest).range ?? null;
  entry.commentBefore = manifest.commentBefore ?? document.commentBefore ?? null;
  const name = pairAt(metadata, "name");
  if (name !== undefined) entry.items.push(name);
  const declarations = valueAt(spec?.value, "featureDeclarations");
  for (const pair of isMap(spec?.value) ? spec.value.items : []) {
    const key = keyOf(pair);
    switch (key) {
      case "modelType":
        entry.items.push(renamed(pair, registrationFields[key]!));
        break;
      case "kserveInferenceService":
        entry.items.push(renamed(pair, registrationFields[key]!, predictorServiceOf));
        break;
      case "featureDeclarations":
        break;
      case "inputFeatures":
        entry.items.push(new Pair(pair.key, withDeclarations(pair.value as Node, declarations)));
        break;
      case "triggers":
        entry.items.push(new Pair(pair.key, mapItems(pair.value as Node, bareTrigger)));
        break;
      default:
        entry.items.push(pair);
    }
  }
  const namespace = textAt(metadata, "namespace");
  if (namespace !== undefined && !entry.has("namespace") && !entry.has("url"))
    addAfter(entry, "service", "namespace", namespace);
  // KServe serves a model under the name of its InferenceService.
  const served = textAt(spec?.value, "kserveInferenceService");
  if (served !== undefined && served !== textAt(metadata, "name") && !entry.has("model")) {
    addAfter(entry, "service", "model", served);
  }
  return writtenModel(entry, {
    where: `ModelRegistration ${textAt(metadata, "name") ?? "without a name"}`,
    document,
    locate,
    root: manifest,
    nameField: "metadata.name",
    check: (defaultNamespace) => checkManifest(manifest, document, defaultNamespace),
  });
}

/** Checks a manifest with the same reader as the service. */
function checkManifest(manifest: Node, document: Document, defaultNamespace: string): readonly EntryProblem[] {
  const { value, problems } = readItem(manifest, document);
  if (problems.length > 0) return problems;
  const { metadata, spec } = value as { metadata?: Record<string, unknown>; spec?: unknown };
  const { name, namespace = defaultNamespace } = metadata ?? {};
  return entryFromRegistration(name as string, String(namespace), spec).problems;
}

/** The manifest of a ModelRegistration for an entry, with its comments. */
export function registrationManifest(entry: YAMLMap, namespace: string | undefined): YAMLMap {
  const metadata = new YAMLMap();
  const spec = new YAMLMap();
  const named = inferenceServiceOf(textAt(entry, "service") ?? "");
  const served = named !== undefined && inferenceServiceName.test(named) ? named : undefined;
  for (const pair of entry.items) {
    switch (keyOf(pair)) {
      case "name":
        metadata.items.push(pair);
        break;
      case "type":
        spec.items.push(renamed(pair, "modelType"));
        break;
      case "service":
        spec.items.push(served === undefined ? pair : renamed(pair, "kserveInferenceService", () => served));
        break;
      case "inputFeatures":
        spec.items.push(new Pair(pair.key, mapItems(pair.value as Node, featureName)));
        addDeclarations(spec, pair.value as Node);
        break;
      case "triggers":
        spec.items.push(new Pair(pair.key, mapItems(pair.value as Node, typedTrigger)));
        break;
      default:
        spec.items.push(pair);
    }
  }
  const name = textAt(entry, "name");
  if (served !== undefined && name !== undefined && name !== served && !entry.has("model")) {
    addAfter(spec, "kserveInferenceService", "model", name);
  }
  if (namespace !== undefined) metadata.items.push(new Pair(new Scalar("namespace"), new Scalar(namespace)));
  const manifest = mapOf({
    apiVersion: new Scalar("aiops.platform.io/v1alpha1"),
    kind: new Scalar("ModelRegistration"),
    metadata,
    spec,
  });
  manifest.commentBefore = entry.commentBefore ?? null;
  return manifest;
}

/** The resource lists the names of features, and their declarations in a separate list. */
function addDeclarations(spec: YAMLMap, features: Node | null): void {
  const declared = isSeq(features) ? features.items.filter((item) => isMap(item) && item.items.length > 1) : [];
  if (declared.length === 0) return;
  const list = new YAMLSeq();
  list.items = declared;
  spec.items.push(new Pair(new Scalar("featureDeclarations"), list));
}

function withDeclarations(features: Node | null, declarations: Node | null | undefined): Node | null {
  if (!isSeq(declarations)) return features;
  return mapItems(features, (item) => {
    const name = isScalar(item) ? item.value : undefined;
    return (declarations.items.find((one) => textAt(one, "name") === name) as Node | undefined) ?? item;
  });
}

function featureName(item: Node): Node {
  return isMap(item) ? (valueAt(item, "name") ?? item) : item;
}

/** The resource has no bare names: a trigger with only a type is one. */
function typedTrigger(item: Node): Node {
  return isScalar(item) ? mapOf({ type: item }) : item;
}

function bareTrigger(item: Node): Node {
  const type = isMap(item) && item.items.length === 1 ? valueAt(item, "type") : undefined;
  return isScalar(type) && type.value !== "metric-threshold" ? type : item;
}

function mapItems(list: Node | null, change: (item: Node) => Node): Node | null {
  if (!isSeq(list)) return list;
  const changed = new YAMLSeq();
  Object.assign(changed, {
    range: list.range,
    flow: list.flow,
    comment: list.comment,
    commentBefore: list.commentBefore,
  });
  changed.items = list.items.map((item) => change(item as Node));
  return changed;
}

/** A pair with another name and, if given, another text; its comments are kept. */
function renamed(pair: YAMLMap["items"][number], name: string, change?: (text: string) => string): Pair {
  const written = pair.key as Node;
  const key = new Scalar(name);
  Object.assign(key, { range: written.range, commentBefore: written.commentBefore, comment: written.comment });
  if (change === undefined || !isScalar(pair.value)) return new Pair(key, pair.value);
  const value = new Scalar(change(String(pair.value.value)));
  Object.assign(value, { range: pair.value.range, comment: pair.value.comment });
  return new Pair(key, value);
}
