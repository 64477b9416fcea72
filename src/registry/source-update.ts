import type {
  InferenceServiceFacts,
  LocatedEntry,
  RefusedEntry,
  SourceChanges,
  SourceItem,
  SourceSink,
  SourceSnapshot,
} from "./ports.ts";

/** What a source has said since it was last listened to, made one: of several changes of an item only the last counts. */
export class SourceUpdate {
  #whole = false;
  #items = new Map<string, SourceItem | undefined>();
  #facts = new Map<string, InferenceServiceFacts | undefined>();

  /** Whether what is not named is gone. */
  get whole(): boolean {
    return this.#whole;
  }

  /** By location. */
  get items(): ReadonlyMap<string, SourceItem | undefined> {
    return this.#items;
  }

  /** By `factsKey`. */
  get inferenceServices(): ReadonlyMap<string, InferenceServiceFacts | undefined> {
    return this.#facts;
  }

  get isEmpty(): boolean {
    return !this.#whole && this.#items.size + this.#facts.size === 0;
  }

  /** Takes the place of all that was said before. */
  replace({ entries, refused, inferenceServices = [] }: SourceSnapshot): void {
    this.#whole = true;
    this.#items = new Map();
    this.#facts = new Map(inferenceServices.map((facts) => [factsKey(facts.namespace, facts.name), facts]));
    for (const item of [...entries, ...refused]) this.#items.set(this.#freeKey(item.location), item);
  }

  change({ items, inferenceServices }: SourceChanges): void {
    for (const [location, item] of items) this.setItem(location, item);
    for (const [key, facts] of inferenceServices) this.setFacts(key, facts);
  }

  setItem(location: string, item: SourceItem | undefined): void {
    if (item === undefined && this.#whole) this.#items.delete(location);
    else this.#items.set(location, item);
  }

  setFacts(key: string, facts: InferenceServiceFacts | undefined): void {
    if (facts === undefined && this.#whole) this.#facts.delete(key);
    else this.#facts.set(key, facts);
  }

  /** Forgets what was said. */
  clear(): void {
    this.#whole = false;
    this.#items = new Map();
    this.#facts = new Map();
  }

  /** Hands over everything, and begins anew. */
  handTo(sink: Pick<SourceSink, "onSnapshot" | "onChanges">): void {
    const [whole, items, inferenceServices] = [this.#whole, this.#items, this.#facts];
    this.clear();
    if (!whole) {
      sink.onChanges({ items, inferenceServices });
      return;
    }
    const all = [...items.values()].filter((item) => item !== undefined);
    sink.onSnapshot({
      entries: all.filter(isLocated),
      refused: all.filter((item): item is RefusedEntry => !isLocated(item)),
      inferenceServices: [...inferenceServices.values()].filter((facts) => facts !== undefined),
    });
  }

  /** Two problems of a document can have one location. */
  #freeKey(location: string): string {
    let key = location;
    for (let i = 2; this.#items.has(key); i++) key = `${location}#${i}`;
    return key;
  }
}

/** The key of an InferenceService within its cluster. Neither part can hold a slash. */
export function factsKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** Whether an item is an entry that can be served. */
export function isLocated(item: SourceItem): item is LocatedEntry {
  return "entry" in item;
}
