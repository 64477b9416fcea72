import type { LocatedEntry, RefusedEntry } from "../../registry/ports.ts";

/** An entry that an object of the cluster stands for, or what is wrong with it. */
export type ObjectEntry = {
  /** When the object was created, as RFC 3339; to the second. */
  readonly created: string;
} & ({ readonly located: LocatedEntry } | { readonly refused: RefusedEntry });

/**
 * Names are unique in the registry, and objects of two namespaces may have the same one: the older has it, so that
 * nobody takes a name over by creating an object elsewhere. The other is refused, and takes over when the first goes.
 */
export function olderFirst(
  objects: readonly ObjectEntry[],
  nameField: string,
): {
  entries: readonly LocatedEntry[];
  refused: readonly RefusedEntry[];
} {
  const first = new Map<string, ObjectEntry & { located: LocatedEntry }>();
  const refused: RefusedEntry[] = [];
  const losers: { located: LocatedEntry; to: string }[] = [];
  for (const object of objects) {
    if ("refused" in object) {
      refused.push(object.refused);
      continue;
    }
    const { name } = object.located.entry;
    const other = first.get(name);
    if (other === undefined) {
      first.set(name, object);
    } else if (isOlder(object, other)) {
      first.set(name, object);
      losers.push({ located: other.located, to: name });
    } else {
      losers.push({ located: object.located, to: name });
    }
  }
  for (const { located, to } of losers) {
    const { location } = first.get(to)!.located;
    const message = `${location} is older and has the name ${to} already; names are unique across namespaces`;
    refused.push({ name: to, location: located.location, problems: [{ field: nameField, message }] });
  }
  return { entries: [...first.values()].map(({ located }) => located), refused };
}

type LocatedObject = ObjectEntry & { located: LocatedEntry };

function isOlder(a: LocatedObject, b: LocatedObject): boolean {
  return a.created === b.created ? a.located.location < b.located.location : a.created < b.created;
}
