import type { Properties, PropertyValue } from "../../base/property-value.ts";
import type { CatalogEntry } from "./entry.ts";

/** Texts that are the same are one. Longer ones are seldom the same. */
const maxChars = 64;
const maxTexts = 10_000;

/**
 * Makes entries that come from another thread share what is the same in them: the words of every property would be texts
 * of their own, which takes memory, and time whenever they are compared.
 */
export class Interner {
  readonly #texts = new Map<string, string>();

  /** The same entry, with equal parts shared between entries. */
  entry<Entry extends CatalogEntry>(entry: Entry): Entry {
    return this.#shared(entry) as Entry;
  }

  #shared(value: unknown): unknown {
    if (typeof value === "string") return this.#text(value);
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map((item) => this.#shared(item));
    return Object.fromEntries(
      Object.entries(value).map(([key, part]) => [
        key,
        key === "customProperties" ? this.#properties(part as Properties) : this.#shared(part),
      ]),
    );
  }

  #properties(properties: Properties): Properties {
    return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, this.#property(value)]));
  }

  #property(value: PropertyValue): PropertyValue {
    switch (value.metadataType) {
      case "MetadataStringValue":
        return { metadataType: "MetadataStringValue", string_value: this.#text(value.string_value) };
      case "MetadataDoubleValue":
        return { metadataType: "MetadataDoubleValue", double_value: value.double_value };
      case "MetadataIntValue":
        return { metadataType: "MetadataIntValue", int_value: this.#text(value.int_value) };
      case "MetadataBoolValue":
        return { metadataType: "MetadataBoolValue", bool_value: value.bool_value };
      default:
        return value;
    }
  }

  #text(text: string): string {
    if (text.length > maxChars) return text;
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size < maxTexts) this.#texts.set(text, text);
    return text;
  }
}
