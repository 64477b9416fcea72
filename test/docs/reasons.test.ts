import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ErrorReason as CatalogReason } from "../../gen/kserve/catalog/v1/error_reason_pb.ts";
import { ErrorReason } from "../../gen/kserve/registry/v1/error_reason_pb.ts";
import { ErrorReason as VersionsReason } from "../../gen/kserve/versions/v1/error_reason_pb.ts";
import { catalogReasonWords, versionsReasonWords } from "../../scripts/reason-words.ts";
import { reasonFiles, withReasons } from "../../scripts/reasons.ts";
import { reasonWords } from "../../src/api/reason-words.ts";

const root = join(import.meta.dirname, "../..");

function namesOf(reasons: object): string[] {
  return Object.keys(reasons).filter((name) => Number.isNaN(Number(name)) && name !== "UNSPECIFIED");
}

describe("the reasons of errors", () => {
  it.each([
    ["the front door", reasonWords, ErrorReason],
    ["the registry of versions", versionsReasonWords, VersionsReason],
    ["the catalog", catalogReasonWords, CatalogReason],
  ])("of %s all have words, and the contract has all of them", (_, words, reasons) => {
    expect(Object.keys(words).sort()).toEqual(namesOf(reasons).sort());
  });

  it.each(reasonFiles)("stand in $path as the table has them; npm run docs writes them", ({ path, words }) => {
    const text = readFileSync(join(root, path), "utf8");
    expect(withReasons(path, text, words)).toBe(text);
    for (const reason of Object.keys(words)) expect(text).toContain(reason);
  });
});
