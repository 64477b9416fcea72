import { Code } from "@connectrpc/connect";
import { expect, test } from "vitest";
import { codeOf, httpStatusOf } from "../../src/api/error.ts";
import { type ErrorReason, errorReasons } from "../../src/registry/registry-error.ts";
import { readPage } from "./snippets.ts";

const page = readPage("docs/API.md");

test("the error table of docs/API.md has every reason, with the code and the HTTP status that it has", () => {
  const rows = [...page.matchAll(/\| `([A-Z_]+)` \| ([A-Z_]+) \| (\d+) \|/g)].map(([, reason, code, status]) => {
    return { reason, code, status: Number(status) };
  });
  const expected = errorReasons.map((reason: ErrorReason) => {
    return { reason, code: screaming(Code[codeOf(reason)]!), status: httpStatusOf(reason) };
  });
  const byReason = (a: { reason: string | undefined }, b: { reason: string | undefined }) =>
    a.reason! < b.reason! ? -1 : 1;
  expect(rows.sort(byReason)).toEqual(expected.sort(byReason));
});

/** `InvalidArgument` in the spelling of gRPC: `INVALID_ARGUMENT`. */
function screaming(name: string): string {
  return name.replace(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
