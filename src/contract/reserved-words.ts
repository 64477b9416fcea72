/** What no part of a generated name may be alone: a program in Java or Python could not write it. */
export const reservedWords: ReadonlySet<string> = new Set(
  [
    "abstract and as assert async await boolean break byte case catch char class const continue def default del do",
    "double elif else enum except extends false final finally float for from global goto if implements import in",
    "instanceof int interface is lambda long native new nonlocal not null or package pass private protected public",
    "raise return short static strictfp super switch synchronized this throw throws transient true try void volatile",
    "while with yield",
  ].flatMap((line) => line.split(" ")),
);
