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
  /** The entry as plain data. Where there are problems it may be circular, or too large to walk. */
  readonly value: unknown;
  /** Syntax problems of the entry. */
  readonly problems: readonly (Omit<WrittenProblem, "offset"> & { readonly position: Position })[];
  /** Whether its form has no types, so that none is expected. */
  readonly untyped: boolean;
  /** Problems of its content, as the service finds them, with the field names of the file. */
  readonly check: (defaultNamespace: string) => readonly EntryProblem[];
  /** The position of its name. */
  readonly namePosition: Position;
  /**
   * The position of a field, by its path in the file: `inputFeatures[2].min`. A missing field has the position of its
   * parent.
   */
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
  /** The node that paths of fields start from. Default: the entry. */
  readonly root?: Node | null;
  /** The path of the name. Default: `name`. */
  readonly nameField?: string;
}

/** Makes a model of a node that has the shape of an entry. */
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
  // Forms without types leave the type to the service, which accepts such a model without one.
  return parseModelEntry(untyped ? { type: "anomaly", ...(value as object) } : value, defaultNamespace).problems;
}

/** The name of a written model, where one can be read. */
export function nameOf(model: WrittenModel): string | undefined {
  const name = (model.value as { name?: unknown } | null | undefined)?.name;
  return typeof name === "string" ? name : undefined;
}

/** The entry as a map; undefined when it is something else. */
export function entryMap(model: WrittenModel): YAMLMap | undefined {
  return isMap(model.entry) ? model.entry : undefined;
}
