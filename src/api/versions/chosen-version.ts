import { invalidField } from "../../registry/registry-error.ts";

/** Which version of a model a request asks for, as a `oneof` of the contract says it. */
export type Selector = { readonly case: string | undefined; readonly value?: string | undefined };

/**
 * The same as the store takes it.
 *
 * @param at what stands before the names of the fields in messages: `deployment.`
 */
export function chosenVersion({ case: by, value }: Selector, at = ""): { version?: string; alias?: string } {
  if (by !== "version" && by !== "alias") return {};
  if (value === undefined || value === "") throw invalidField(`${at}${by}`, "missing");
  return by === "version" ? { version: value } : { alias: value };
}
