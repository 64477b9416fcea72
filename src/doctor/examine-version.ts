import type { LinkState, RegisteredModel } from "../registry/model.ts";
import { versionRefText } from "../registry/version-ref.ts";
import { Finding, NothingToTry } from "./examination.ts";

/** Checks the link of a model that has one. @throws Finding, NothingToTry */
export function examineVersion({ link }: Pick<RegisteredModel, "link">): string {
  const { ref, state, problem, found, differences } = link!;
  if (state === "unknown") throw new NothingToTry(problem);
  const hint = hints[state];
  if (hint !== undefined) throw new Finding(`${versionRefText(ref)}: ${problem}`, hint);
  const version = found === undefined ? "" : `${found.registeredModel}/${found.version}`;
  // What the version declares cannot be read.
  if (problem !== "") throw new Finding(`${version}: ${problem}`, "Correct its declaration with UpdateModelVersion.");
  if (differences.length === 0) return version;
  throw new Finding(
    `${version} declares something else: ${differences.join("; ")}`,
    "The entry takes precedence. Remove its declarations to use the version's, or correct whichever is wrong.",
  );
}

const hints: Readonly<Partial<Record<LinkState, string>>> = {
  "not-found": "Correct the link, or register the version: kserve-model-registry versions list shows what there is.",
  archived: "Deploy a live version, or restore this one: kserve-model-registry versions archive --restore.",
  "not-trusted": "The link is ignored until one of these is done.",
};
