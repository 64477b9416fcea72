import { type Document, isMap, type Node, type YAMLMap } from "yaml";
import type { EntryProblem } from "../base/field-reader.ts";
import { parseModelEntry } from "../registry/model-entry.ts";
import { nodeAt, startOf } from "./yaml/node.ts";
import type { Locate, Position } from "./yaml/position.ts";
import { readItem, type WrittenProblem, type YamlItem } from "./yaml/yaml-item.ts";

/** One model as a file writes it down, before it is checked. */
export interface WrittenModel {
  /** Where in the file: `models[2]`, `services.anomaly_detector`. */
  readonly where: string;
  /** The entry in the shape that every source reads, with the comments of the file. */
  readonly entry: Node | null;
  /** The entry as plain data. Where there are problems it may hold itself, or more than can be walked. */
  readonly value: unknown;
  /** What is wrong with how the entry is written, whatever it says. */
  readonly problems: readonly (Omit<WrittenProblem, "offset"> & { readonly position: Position })[];
  /** Whether its form has no place for a type, so that none is expected. */
  readonly untyped: boolean;
  /** What is wrong with what it says, as the service finds it, with the names of fields that the file has. */
  readonly check: (defaultNamespace: string) => readonly EntryProblem[];
  /** Where its name stands. */
  readonly namePosition: Position;
  /** Where a field stands, by its path in the file: `inputFeatures[2].min`. A missing one stands where its parent does. */
  readonly positionOf: (field: string) => Position;
}

export interface WrittenModelOptions {
  readonly where: string;
  readonly document: Document;
  readonly locate: Locate;
  /** The entry as it was read, where that has been done. */
  readonly read?: YamlItem;
  readonly untyped?: boolean;
  /** Default: as an entry of a list. */
  readonly check?: WrittenModel["check"];
  /** What paths of fields start from. Default: the entry. */
  readonly root?: Node | null;
  /** The path of the name. Default: `name`. */
  readonly nameField?: string;
}

/** Takes a node of a file, in the shape of an entry, as a model. */
export function writtenModel(entry: Node | null, options: WrittenModelOptions): WrittenModel {
  const { where, document, locate, untyped = false, root = entry, nameField = "name" } = options;
  const positionOf = (field: string): Position => locate(startOf(nodeAt(root, field) ?? entry));
  const { value, problems } = options.read ?? readItem(entry, document);
  return {
    where,
    entry,
    value,
    problems: problems.map(({ offset, ...problem }) => ({ ...problem, position: locate(offset) })),
    untyped,
    check: options.check ?? ((namespace) => checkEntry(value, untyped, namespace)),
    namePosition: positionOf(nameField),
    positionOf,
  };
}

function checkEntry(value: unknown, untyped: boolean, defaultNamespace: string): readonly EntryProblem[] {
  // A form without types leaves them to the service, which takes such a model without one.
  return parseModelEntry(untyped ? { type: "anomaly", ...(value as object) } : value, defaultNamespace).problems;
}

/** The name of a written model, where one can be read. */
export function nameOf(model: WrittenModel): string | undefined {
  const name = (model.value as { name?: unknown } | null | undefined)?.name;
  return typeof name === "string" ? name : undefined;
}

/** The entry as a map; undefined when the file has something else in its place. */
export function entryMap(model: WrittenModel): YAMLMap | undefined {
  return isMap(model.entry) ? model.entry : undefined;
}
