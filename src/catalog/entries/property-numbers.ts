import type { PropertyValue } from "../../base/property-value.ts";
import type { BaseEntry, CatalogEntry } from "./entry.ts";

/** Texts of more characters are seldom the same. */
const maxChars = 64;
/** How many values are remembered: each property may have another. */
const maxRemembered = 10_000;

/**
 * Replaces the properties of entries by numbers on the way from one thread to another, the same number for equal ones.
 * Entries share most of their properties: with numbers they are shorter, and can share the values.
 */
export class PropertyNumbers {
  readonly #numbers = new Map<string | number | boolean, number>();
  readonly #integers = new Map<string, number>();
  #new: PropertyValue[] = [];
  #count = 0;

  /** Replaces the properties of an entry, in place. */
  replace(entry: CatalogEntry): void {
    changeProperties(entry, (property) => this.#numberOf(property as PropertyValue));
  }

  /** The values that have been numbered since the last call, in the order of their numbers, which begin with 0. */
  takeNew(): readonly PropertyValue[] {
    const properties = this.#new;
    this.#new = [];
    return properties;
  }

  #numberOf(property: PropertyValue): number {
    switch (property.metadataType) {
      case "MetadataStringValue":
        return property.string_value.length > maxChars
          ? this.#add(property)
          : this.#known(this.#numbers, property.string_value, property);
      case "MetadataDoubleValue":
        return this.#known(this.#numbers, property.double_value, property);
      case "MetadataBoolValue":
        return this.#known(this.#numbers, property.bool_value, property);
      case "MetadataIntValue":
        return this.#known(this.#integers, property.int_value, property);
      default:
        return this.#add(property);
    }
  }

  #known<Key>(numbers: Map<Key, number>, key: Key, property: PropertyValue): number {
    const known = numbers.get(key);
    if (known !== undefined) return known;
    const number = this.#add(property);
    if (numbers.size < maxRemembered) numbers.set(key, number);
    return number;
  }

  #add(property: PropertyValue): number {
    this.#new.push(property);
    return this.#count++;
  }
}

/**
 * Replaces numbers by properties again, in place.
 *
 * @param properties all that have been numbered so far, by number
 */
export function restoreProperties(entry: CatalogEntry, properties: readonly PropertyValue[]): void {
  changeProperties(entry, (number) => properties[number as number]);
}

function changeProperties(entry: CatalogEntry, change: (property: unknown) => unknown): void {
  const { customProperties, artifacts = [] } = entry as BaseEntry & { readonly artifacts?: readonly BaseEntry[] };
  changeEach(customProperties as Record<string, unknown>, change);
  // MCP servers have no artifacts.
  for (const artifact of artifacts) changeEach(artifact.customProperties as Record<string, unknown>, change);
}

function changeEach(properties: Record<string, unknown>, change: (property: unknown) => unknown): void {
  for (const name in properties) properties[name] = change(properties[name]);
}
