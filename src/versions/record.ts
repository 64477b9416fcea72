import { charsOfTexts } from "../base/chars-of-texts.ts";
import type { FieldValue } from "./kinds/field.ts";
import type { KindName } from "./kinds/kinds.ts";
import type { Properties } from "./property-value.ts";

/** Values by name of the field; what is absent is not set. */
export type FieldValues = Readonly<Record<string, FieldValue>>;

/** A record as the store has it. */
export interface VersionRecord {
  readonly kind: KindName;
  /** A decimal number from 1 up to the largest of 63 bits. */
  readonly id: string;
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly createTime: number;
  readonly updateTime: number;
  /** 1 when it was created, and one more with each update. */
  readonly revision: number;
  /** The custom properties as JSON text, as the REST surface writes them; `{}` where there are none. */
  readonly properties: string;
  /** Every other field of the kind that is set, by name: `externalId`, `description`, and the kind's own. */
  readonly fields: FieldValues;
}

/** The total length of a record's texts, in characters. */
export function charsOf({ name, properties, fields }: VersionRecord): number {
  return name.length + properties.length + charsOfTexts(Object.values(fields));
}

/** A record to be created. Its kind determines what is required and allowed. */
export interface NewRecord {
  /** `name` and the other fields by name. Fields that the store makes itself are not allowed here. */
  readonly fields: FieldValues;
  /** Absent: none. */
  readonly properties?: Properties;
}

/** What an update changes: absent is unchanged, null unsets a field. Properties are replaced as a whole. */
export interface RecordChanges {
  readonly fields: Readonly<Record<string, FieldValue | null>>;
  readonly properties?: Properties;
}

/** A record with everything that the store would make itself, from another registry. */
export interface ImportedRecord extends NewRecord {
  readonly kind: KindName;
  readonly id: string;
  readonly createTime: number;
  readonly updateTime: number;
}

/** A name that points to one version of a model. */
export interface Alias {
  readonly registeredModelId: string;
  readonly alias: string;
  readonly modelVersionId: string;
  /** The name of that version. */
  readonly version: string;
  /** When it was last set, in milliseconds since 1970. */
  readonly updateTime: number;
}
