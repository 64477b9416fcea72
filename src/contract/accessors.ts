import { macros } from "./reserved-words.ts";

/** The kind of a field's value, as far as its accessors depend on it. */
export type Holds = "number" | "text" | "list" | "message";

/** Names with the same key collide in some language: `x_1` and `x1` are both `getX1` in Java. */
export function keyOf(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}

/**
 * The keys of further accessors that protoc generates for a field: for `gpu` a `has_gpu()` in C++ and a `HasGpu` in C#,
 * for the text `color` a `getColorBytes()` in Java. A field with one of these names does not compile.
 */
export function accessorKeys(name: string, holds: Holds): string[] {
  const key = keyOf(name);
  const { before, behind } = affixes[holds];
  return [...[...common, ...before].map((verb) => verb + key), ...behind.map((noun) => key + noun)];
}

const common = ["get", "set", "has", "clear"];

const affixes: Readonly<Record<Holds, { readonly before: readonly string[]; readonly behind: readonly string[] }>> = {
  number: { before: [], behind: ["fieldnumber"] },
  text: { before: ["mutable", "release", "setallocated"], behind: ["fieldnumber", "bytes"] },
  list: { before: ["mutable", "add"], behind: ["fieldnumber", "count", "list", "size"] },
  message: {
    before: ["mutable", "release", "setallocated", "merge"],
    behind: ["fieldnumber", "builder", "orbuilder"],
  },
};

/** Whether every generated message has a member of that name in some language, or C++ has a macro of that name. */
export function isMember(name: string): boolean {
  const key = keyOf(name);
  return members.has(key) || macros.has(name) || /^bitfield\d+$/.test(key);
}

const members: ReadonlySet<string> = new Set([
  // getDescriptor(), getDefaultInstance() and their like in Java; the static functions of C++.
  ...["descriptor", "descriptorfortype", "defaultinstance", "defaultinstancefortype", "internaldefaultinstance"],
  ...["parserfortype", "allfields", "initializationerrorstring", "serializedsize", "cachedsize"],
  ...["unknownfields", "mutableunknownfields", "swap"],
  // The one Go method whose name the compiler does not keep distinct.
  "protoreflect",
  // hasOneof() in PHP; the first parameter of a constructor in Python.
  ...["oneof", "self"],
]);
