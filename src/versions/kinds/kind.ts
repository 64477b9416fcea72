import { type Field, field, text } from "./field.ts";

/** The description of a kind. */
export interface KindDescription {
  /** In JSON and messages of the contract: `RegisteredModel`. */
  readonly title: string;
  /** In messages for people: `registered model`. */
  readonly words: string;
  /** In paths of the REST surface: `registered_models`. */
  readonly path: string;
  /** The collection of the REST surface that holds this kind alone; false: none does. Default: of the path. */
  readonly collection?: string | false;
  readonly meaning: string;
  /** Whether the caller gives the name, or a UUID is made where it does not. */
  readonly name: "required" | "optional";
  /** The field within whose value names are unique; undefined: in the whole store. */
  readonly uniqueWithin?: string;
  /** The `artifactType` of this kind's rows, where kinds share a table. */
  readonly artifactType?: string;
  /** Where external ids are unique together with those of other kinds. */
  readonly externalIds: "contexts" | "artifacts" | "serves";
  /** The table, where it is not the path. */
  readonly table?: string;
  readonly fields: readonly Field[];
  /** The schema version that brought its table; a field that came later says so itself. Default: 1. */
  readonly since?: number;
}

/** A kind of record, with the fields that all kinds have in front of its own. */
export interface Kind extends KindDescription {
  readonly kind: string;
  readonly table: string;
  readonly collection: string | false;
  /** All fields, in the order they are documented in: id, name, externalId, description, times, own fields. */
  readonly fields: readonly Field[];
  readonly byName: ReadonlyMap<string, Field>;
  /** The references to other kinds. */
  readonly parents: readonly Field[];
}

const maxNameLength = 255;

function commonFields(name: KindDescription["name"], words: string): readonly Field[] {
  return [
    field("id", "int64", "The ID, assigned by the registry.", { serverMade: true, mutable: false }),
    text("name", `The name of the ${words}. It cannot be changed.`, {
      required: name === "required",
      mutable: false,
      limit: maxNameLength,
    }),
    text("externalId", "Its ID in an external system. Unique; once set, it cannot be cleared.", {
      limit: maxNameLength,
    }),
    text("description", "A description.", { limit: 65_536 }),
    field("createTimeSinceEpoch", "int64", "When it was created, in milliseconds since 1970.", {
      proto: "create_time",
      column: "create_time",
      serverMade: true,
      mutable: false,
    }),
    field("lastUpdateTimeSinceEpoch", "int64", "When it was last changed, in milliseconds since 1970.", {
      proto: "update_time",
      column: "update_time",
      serverMade: true,
      mutable: false,
    }),
  ];
}

/** The kind that a description stands for. */
export function describe(kind: string, description: KindDescription): Kind {
  const fields = [...commonFields(description.name, description.words), ...description.fields];
  return {
    ...description,
    kind,
    // The prefix keeps them apart from tables of others in the same database.
    table: `kmr_${description.table ?? description.path.replace(/s$/, "")}`,
    collection: description.collection ?? description.path,
    fields,
    byName: new Map(fields.map((one) => [one.name, one])),
    parents: fields.filter(({ type }) => type === "reference"),
  };
}
