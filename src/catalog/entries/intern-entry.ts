import type { CatalogEntry, CatalogModel } from "./entry.ts";

/** Texts up to this length are shared; longer ones are seldom equal. */
const maxChars = 64;
const maxShared = 10_000;

/**
 * Lets entries read from JSON share equal texts and lists: separate copies would take memory, and time whenever they
 * are compared.
 */
export class Interner {
  readonly #texts = new Map<string, string>();
  readonly #lists = new Map<string, readonly string[]>();

  /** Replaces the parts of an entry by shared ones, in place, and returns it. Nobody else may have it yet. */
  intern<Entry extends CatalogEntry>(entry: Entry): Entry {
    this.#share(entry as unknown as Record<string, unknown>);
    const { artifacts = [] } = entry as { readonly artifacts?: CatalogModel["artifacts"] };
    for (const artifact of artifacts) this.#share(artifact as unknown as Record<string, unknown>);
    return entry;
  }

  #share(parts: Record<string, unknown>): void {
    for (const key in parts) {
      const part = parts[key];
      // No two entries have the same id.
      if (typeof part === "string" && part.length <= maxChars && key !== "id") {
        parts[key] = shared(this.#texts, part, part);
      } else if (isTextList(part)) parts[key] = this.#list(part);
    }
  }

  #list(texts: readonly string[]): readonly string[] {
    const key = JSON.stringify(texts);
    if (key.length > maxChars) return texts;
    return shared(this.#lists, key, texts);
  }
}

function isTextList(part: unknown): part is readonly string[] {
  return Array.isArray(part) && part.length > 0 && part.every((item) => typeof item === "string");
}

/** The shared value of a key; else the given value, which is shared from then on while there is room. */
function shared<Key, Value>(known: Map<Key, Value>, key: Key, value: Value): Value {
  const found = known.get(key);
  if (found !== undefined) return found;
  if (known.size < maxShared) known.set(key, value);
  return value;
}
