import type { LocatedEntry, RefusedEntry, SourceSnapshot } from "../../registry/ports.ts";

/** An entry that an object of the cluster stands for, or what is wrong with it. */
export type ObjectEntry = {
  /** When the object was created, as RFC 3339; to the second. */
  readonly created: string;
} & ({ readonly located: LocatedEntry } | { readonly refused: RefusedEntry });

type LocatedObject = ObjectEntry & { readonly located: LocatedEntry };

/** The field that names an object. */
const nameField = "metadata.name";

/**
 * The entries of many objects. Names are unique in the registry, and objects of two namespaces may have the same one:
 * the older has it, so that nobody takes a name over by creating an object elsewhere. The other is refused, and takes
 * over when the first goes. A change costs what the name costs, however many there are.
 */
export class OldestWins {
  readonly #byName = new Map<string, readonly LocatedObject[]>();
  /** The entries in force, by name. */
  readonly #entries = new Map<string, LocatedEntry>();
  /** Objects that are bad by themselves. */
  readonly #bad = new Set<RefusedEntry>();
  /** Objects whose name another one has, by name. */
  readonly #younger = new Map<string, readonly RefusedEntry[]>();

  /** Takes one change; undefined where the object is not there. */
  change(now: ObjectEntry | undefined, before: ObjectEntry | undefined): void {
    if (now === before) return;
    if (before !== undefined && "refused" in before) this.#bad.delete(before.refused);
    if (now !== undefined && "refused" in now) this.#bad.add(now.refused);
    const [added, removed] = [locatedOf(now), locatedOf(before)];
    if (removed !== undefined) this.#setName(removed, false);
    if (added !== undefined) this.#setName(added, true);
    for (const name of new Set([removed, added].map((object) => object?.located.entry.name))) {
      if (name !== undefined) this.#decide(name);
    }
  }

  snapshot(): SourceSnapshot {
    const younger = this.#younger.size === 0 ? [] : [...this.#younger.values()].flat();
    return { entries: [...this.#entries.values()], refused: [...this.#bad, ...younger] };
  }

  #setName(object: LocatedObject, there: boolean): void {
    const { name } = object.located.entry;
    const others = (this.#byName.get(name) ?? []).filter((other) => other !== object);
    if (there) this.#byName.set(name, [...others, object].sort(byAge));
    else if (others.length > 0) this.#byName.set(name, others);
    else this.#byName.delete(name);
  }

  #decide(name: string): void {
    const [oldest, ...younger] = this.#byName.get(name) ?? [];
    if (oldest === undefined) this.#entries.delete(name);
    else this.#entries.set(name, oldest.located);
    if (younger.length === 0) this.#younger.delete(name);
    else
      this.#younger.set(
        name,
        younger.map(({ located }) => refusal(located, oldest!.located)),
      );
  }
}

function refusal({ entry, location }: LocatedEntry, older: LocatedEntry): RefusedEntry {
  const message = `${older.location} is older and has the name ${entry.name} already; names are unique across namespaces`;
  return { name: entry.name, location, problems: [{ field: nameField, message }] };
}

function locatedOf(object: ObjectEntry | undefined): LocatedObject | undefined {
  return object !== undefined && "located" in object ? object : undefined;
}

function byAge(a: LocatedObject, b: LocatedObject): number {
  const [one, other] = a.created === b.created ? [a.located.location, b.located.location] : [a.created, b.created];
  return one < other ? -1 : 1;
}
