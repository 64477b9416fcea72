import { reservedWords } from "./reserved-words.ts";

/** How a field is called in protobuf, and in JSON. */
export interface FieldName {
  readonly name: string;
  readonly jsonName: string;
}

/**
 * Names a field after each of some declared names. In JSON a field has the declared name itself; in protobuf a
 * lower_snake_case identifier made from it. A parser of JSON takes both, so no field is called in protobuf what another
 * is in JSON. Later names give way to earlier ones, so that a name that is added at the end changes no other.
 *
 * @param declared unique names
 * @param noun what stands for a name of which no letter is left, and before one that needs a prefix: `feature`
 */
export function fieldNames(declared: readonly string[], noun: string): FieldName[] {
  const others = new Set(declared);
  const taken = new Set<string>();
  const next = new Map<string, number>();
  return declared.map((own, i) => {
    const base = identifierOf(own, noun) ?? `${noun}_${i + 1}`;
    let name = base;
    let count = next.get(base) ?? 1;
    while (taken.has(keyOf(name)) || (name !== own && others.has(name))) name = `${base}_${++count}`;
    next.set(base, count);
    taken.add(keyOf(name));
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
  return /^\d/.test(words) || reservedWords.has(words) ? `${noun}_${words}` : words;
}

/** What a field is called in JSON where nothing is said: `disk_age_days` is `diskAgeDays`. */
export function defaultJsonName(name: string): string {
  return name.replace(/_+(.?)/g, (_, first: string) => first.toUpperCase());
}

/** Names with the same key are the same in some language: `x_1` and `x1` are both `getX1` in Java. */
export function keyOf(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}

/** Whether protobuf compilers take a text as the `json_name` of a field: `[name]` is kept for extensions. */
export function isJsonName(text: string): boolean {
  return text !== "" && text.isWellFormed() && !text.includes("\0") && !(text.startsWith("[") && text.endsWith("]"));
}
