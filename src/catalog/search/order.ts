import type { FilterSuffix } from "../../base/filter/filter-tree.ts";
import type { BaseEntry, CatalogArtifact, CatalogModel } from "../entries/entry.ts";
import { scalarOf } from "./filter-fields.ts";

/** The value that a list is ordered by: a text or a number; entries without one come last. */
export type OrderValue = string | number | undefined;
export type OrderReader<Entry> = (entry: Entry) => OrderValue;

/** The order of a list. Equal values are ordered by id, ascending. */
export interface Order<Entry> {
  /** Distinguishes orders. */
  readonly key: string;
  readonly descending: boolean;
  readonly read: OrderReader<Entry>;
}

const maxOrderChars = 256;
const propertyForm = /^(.+)\.(string_value|double_value|int_value|bool_value)$/;

/** The reader of a field or property that all kinds of entries have; undefined for anything else. */
export function readerOfKey(key: string): OrderReader<BaseEntry> | undefined {
  switch (key) {
    case "NAME":
      return ({ name }) => name ?? "";
    case "ID":
      return ({ id }) => Number(id);
    case "CREATE_TIME":
      return ({ createTimeSinceEpoch }) => numberOf(createTimeSinceEpoch);
    case "LAST_UPDATE_TIME":
      return ({ lastUpdateTimeSinceEpoch }) => numberOf(lastUpdateTimeSinceEpoch);
  }
  const [, name, suffix] = propertyForm.exec(key) ?? [];
  if (name === undefined) return undefined;
  return ({ customProperties }) => {
    if (!Object.hasOwn(customProperties, name)) return undefined;
    const value = scalarOf(customProperties[name]!, suffix as FilterSuffix);
    // The value becomes a part of page tokens, so a text is ordered by its beginning.
    return typeof value === "string" ? value.slice(0, maxOrderChars) : value === undefined ? undefined : Number(value);
  };
}

/**
 * The reader of an order of models. An unknown key means ID.
 *
 * @param fits which artifacts count
 */
export function modelOrder(
  key: string,
  descending: boolean,
  fits: (artifact: CatalogArtifact) => boolean,
): Order<CatalogModel> {
  const ofArtifact = key === "ACCURACY" ? "overall_average.double_value" : artifactKey(key);
  const read = ofArtifact === undefined ? undefined : readerOfKey(ofArtifact);
  if (read === undefined) return { key, descending, read: readerOfKey(key) ?? readerOfKey("ID")! };
  return {
    key,
    descending,
    read: ({ artifacts }) => {
      let best: OrderValue;
      for (const artifact of artifacts) {
        const value = key === "ACCURACY" || fits(artifact) ? read(artifact) : undefined;
        if (value !== undefined && (best === undefined || isBefore(value, best, descending))) best = value;
      }
      return best;
    },
  };
}

function artifactKey(key: string): string | undefined {
  const inner = key.startsWith("artifacts.") ? key.slice("artifacts.".length) : "";
  return propertyForm.test(inner) ? inner : undefined;
}

function isBefore(a: string | number, b: string | number, descending: boolean): boolean {
  return descending ? compareValues(a, b) > 0 : compareValues(a, b) < 0;
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

/** The place of an entry in a list: its ordering value, and its id. */
export interface Place {
  readonly value: OrderValue;
  readonly id: string;
}

/** Compares places in a list. */
export function comparePlaces(a: Place, b: Place, descending: boolean): number {
  if (a.value === undefined || b.value === undefined) {
    const missing = Number(a.value === undefined) - Number(b.value === undefined);
    return missing !== 0 ? missing : compareIds(a.id, b.id);
  }
  const order = compareValues(a.value, b.value);
  if (order !== 0) return descending ? -order : order;
  return compareIds(a.id, b.id);
}

/** Numbers come before texts. */
function compareValues(a: string | number, b: string | number): number {
  if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}

function compareIds(a: string, b: string): number {
  if (a.length !== b.length && /^\d+$/.test(a) && /^\d+$/.test(b)) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
