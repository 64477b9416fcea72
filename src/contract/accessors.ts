import { macros } from "./reserved-words.ts";

/** What a field holds, as far as its accessors depend on it. */
export type Holds = "number" | "text" | "list" | "message";

/** Names with the same key are the same in some language: `x_1` and `x1` are both `getX1` in Java. */
export function keyOf(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}

/**
 * The keys of what the languages of protoc make beside the accessor that is called as the field itself: for `gpu` a
 * `has_gpu()` in C++ and a `HasGpu` in C#, for the text `color` a `getColorBytes()` in Java. A field that is called like
 * one of them does not compile.
 */
export function accessorKeys(name: string, holds: Holds): string[] {
  const key = keyOf(name);
  const accessors = ["get", "set", "has", "clear"].map((verb) => verb + key);
  switch (holds) {
    case "number":
      return [...accessors, `${key}fieldnumber`];
    case "text":
      return [...accessors, `${key}fieldnumber`, `mutable${key}`, `release${key}`, `setallocated${key}`, `${key}bytes`];
    case "list":
      return [
        ...accessors,
        `${key}fieldnumber`,
        `mutable${key}`,
        `add${key}`,
        `${key}count`,
        `${key}list`,
        `${key}size`,
      ];
    case "message":
      return [
        ...accessors,
        ...[`${key}fieldnumber`, `mutable${key}`, `release${key}`, `setallocated${key}`, `merge${key}`],
        ...[`${key}builder`, `${key}orbuilder`],
      ];
  }
}

/** Whether every generated message has a member of that name in some language, or a C++ macro is called so. */
export function isMember(name: string): boolean {
  const key = keyOf(name);
  return members.has(key) || macros.has(name) || /^bitfield\d+$/.test(key);
}

const members: ReadonlySet<string> = new Set([
  // getDescriptor(), getDefaultInstance() and their like in Java; the static functions of C++.
  ...["descriptor", "descriptorfortype", "defaultinstance", "defaultinstancefortype", "internaldefaultinstance"],
  ...["parserfortype", "allfields", "initializationerrorstring", "serializedsize", "cachedsize"],
  ...["unknownfields", "mutableunknownfields", "swap"],
  // The one method of Go that its compiler does not keep apart.
  "protoreflect",
  // hasOneof() in PHP; the first parameter of a constructor in Python.
  ...["oneof", "self"],
]);
