import { usageFailure } from "../../failure.ts";

/** A version as it is written on the command line. */
export interface VersionName {
  readonly name: string;
  readonly selector:
    | { readonly case: "version"; readonly value: string }
    | { readonly case: "alias"; readonly value: string }
    | { readonly case: undefined };
}

export const versionForm = "NAME for the newest live version, NAME:VERSION, or NAME@ALIAS";

/**
 * Reads `NAME`, `NAME:VERSION` or `NAME@ALIAS`.
 *
 * @throws Failure of wrong usage
 */
export function readVersionName(text: string): VersionName {
  const match = /^([^:@]+)(?:([:@])(.+))?$/.exec(text);
  if (match === null) throw usageFailure(`${JSON.stringify(text)} is no version; write ${versionForm}`);
  const [, name, sign, value] = match;
  if (sign === undefined) return { name: name!, selector: { case: undefined } };
  return { name: name!, selector: { case: sign === ":" ? "version" : "alias", value: value! } };
}
