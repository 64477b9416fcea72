import type { PropertyValue } from "../../base/property-value.ts";
import type { CatalogEntry, CatalogModel } from "./entry.ts";

/** Texts that are the same are one. Longer ones are seldom the same. */
const maxChars = 64;
const maxShared = 10_000;

/**
 * Makes entries that come out of JSON share what is the same in them, above all the values of their properties: each of its
 * own would take memory, time to keep, and time whenever it is compared.
 */
export class Interner {
  readonly #texts = new Map<string, string>();
  readonly #lists = new Map<string, readonly string[]>();
  readonly #values = new Map<string | number | boolean, PropertyValue>();
  readonly #integers = new Map<string, PropertyValue>();

  /** Shares the parts of an entry, in place: nobody else may have it yet. Returns the entry. */
  intern<Entry extends CatalogEntry>(entry: Entry): Entry {
    this.#share(entry as unknown as Record<string, unknown>);
    const { artifacts = [] } = entry as { readonly artifacts?: CatalogModel["artifacts"] };
    for (const artifact of artifacts) this.#share(artifact as unknown as Record<string, unknown>);
    return entry;
  }

  #share(parts: Record<string, unknown>): void {
    for (const key in parts) {
      const part = parts[key];
      if (key === "customProperties") this.#shareProperties(part as Record<string, PropertyValue>);
      // No two entries have the same id.
      else if (typeof part === "string" && part.length <= maxChars && key !== "id") {
        parts[key] = shared(this.#texts, part, part);
      } else if (isTextList(part)) parts[key] = this.#list(part);
    }
  }

  #list(texts: readonly string[]): readonly string[] {
    const key = JSON.stringify(texts);
    if (key.length > maxChars) return texts;
    return shared(this.#lists, key, texts);
  }

  #shareProperties(properties: Record<string, PropertyValue>): void {
    for (const name in properties) properties[name] = this.#property(properties[name]!);
  }

  #property(property: PropertyValue): PropertyValue {
    switch (property.metadataType) {
      case "MetadataStringValue":
        return property.string_value.length > maxChars
          ? property
          : shared(this.#values, property.string_value, property);
      case "MetadataDoubleValue":
        return shared(this.#values, property.double_value, property);
      case "MetadataBoolValue":
        return shared(this.#values, property.bool_value, property);
      case "MetadataIntValue":
        return shared(this.#integers, property.int_value, property);
      default:
        return property;
    }
  }
}

function isTextList(part: unknown): part is readonly string[] {
  return Array.isArray(part) && part.length > 0 && part.every((item) => typeof item === "string");
}

/** What is known under a key; else the value, which is known from then on while there is room. */
function shared<Key, Value>(known: Map<Key, Value>, key: Key, value: Value): Value {
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size < maxShared) known.set(key, value);
  return value;
}
