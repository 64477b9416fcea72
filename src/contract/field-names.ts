import { accessorKeys, type Holds, isMember, keyOf } from "./accessors.ts";
import { reservedWords } from "./reserved-words.ts";

/** How a field is called in protobuf, and in JSON. */
export interface FieldName {
  readonly name: string;
  readonly jsonName: string;
}

/** What a field is declared as. */
export interface DeclaredField {
  readonly name: string;
  readonly holds: Holds;
}

/**
 * Derives field names from declared names. In JSON a field has the declared name itself; in protobuf a lower_snake_case
 * identifier derived from it. JSON parsers accept both, so no field has the protobuf name of one that is another's JSON
 * name, or the name of another's accessor. Later names yield to earlier ones, so that adding a name at the end changes
 * no other.
 *
 * @param declared fields of unique names
 * @param noun replaces a name without letters, and precedes one that needs a prefix: `feature`
 */
export function fieldNames(declared: readonly DeclaredField[], noun: string): FieldName[] {
  const others = new Set(declared.map(({ name }) => name));
  const names = new Set<string>();
  const accessors = new Set<string>();
  const next = new Map<string, number>();
  return declared.map(({ name: own, holds }, i) => {
    const isTaken = (name: string): boolean => {
      const key = keyOf(name);
      if (isMember(name)) return true;
      return names.has(key) || accessors.has(key) || accessorKeys(name, holds).some((accessor) => names.has(accessor));
    };
    const base = identifierOf(own, noun) ?? `${noun}_${i + 1}`;
    let name = base;
    let count = next.get(base) ?? 1;
    while (isTaken(name) || (name !== own && others.has(name))) name = `${base}_${++count}`;
    next.set(base, count);
    names.add(keyOf(name));
    for (const accessor of accessorKeys(name, holds)) accessors.add(accessor);
    return { name, jsonName: isJsonName(own) ? own : name };
  });
}

/**
 * A text as a lower_snake_case identifier: `Disk utilization (%)` is `disk_utilization`. Undefined when no letter or
 * digit of ASCII is left of it.
 */
export function identifierOf(text: string, noun: string): string | undefined {
  const words = text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1_$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_|_$/g, "");
  if (words === "") return undefined;
  return /^\d/.test(words) || reservedWords.has(words) || isMember(words) ? `${noun}_${words}` : words;
}

/** The default JSON name of a field: `disk_age_days` is `diskAgeDays`. */
export function defaultJsonName(name: string): string {
  return name.replace(/_+(.?)/g, (_, first: string) => first.toUpperCase());
}

/** Whether protobuf compilers accept a text as the `json_name` of a field: `[name]` is reserved for extensions. */
export function isJsonName(text: string): boolean {
  return text !== "" && text.isWellFormed() && !text.includes("\0") && !(text.startsWith("[") && text.endsWith("]"));
}
