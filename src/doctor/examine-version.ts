import type { LinkState, RegisteredModel } from "../registry/model.ts";
import { versionRefText } from "../registry/version-ref.ts";
import { Finding, NothingToTry } from "./examination.ts";

/** How the link of a model to a registered version stands, wherever it was looked up. */
export interface ExaminedLink {
  readonly reference: string;
  readonly state: LinkState;
  readonly problem: string;
  /** The version that the link leads to, in words. */
  readonly version: string;
  readonly differences: readonly string[];
}

/** Looks at the link of a model that has one. @throws Finding, NothingToTry */
export function examineVersion({ link }: Pick<RegisteredModel, "link">): string {
  const { ref, state, problem, found, differences } = link!;
  const version = found === undefined ? "" : `${found.registeredModel}/${found.version}`;
  return judgeLink({ reference: versionRefText(ref), state, problem, version, differences });
}

/** @throws Finding, NothingToTry */
export function judgeLink({ reference, state, problem, version, differences }: ExaminedLink): string {
  if (state === "unknown") throw new NothingToTry(problem);
  const hint = hints[state];
  if (hint !== undefined) throw new Finding(`${reference}: ${problem}`, hint);
  // What the version declares cannot be read.
  if (problem !== "")
    throw new Finding(`${version}: ${problem}`, "Declare it anew: versions are changed by UpdateModelVersion.");
  if (differences.length === 0) return version;
  throw new Finding(
    `${version} declares something else: ${differences.join("; ")}`,
    "The entry is in force. Take its declarations away to have those of the version, or correct whichever is wrong.",
  );
}

const hints: Readonly<Partial<Record<LinkState, string>>> = {
  "not-found": "Correct the link, or register the version: kserve-model-registry versions list shows what there is.",
  archived: "Deploy a live version, or restore this one: kserve-model-registry versions archive --restore.",
  "not-trusted": "The link counts for nothing until one of these is done.",
};
