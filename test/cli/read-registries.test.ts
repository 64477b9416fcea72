import { describe, expect, it } from "vitest";
import { readRegistries } from "../../src/cli/commands/ui.ts";

describe("--registry", () => {
  it.each([
    [["registry.example"], { registry: "http://registry.example/" }],
    [["https://models.example/prefix/"], { models: "https://models.example/prefix" }],
    [["http://127.0.0.1:8080"], { "registry-8080": "http://127.0.0.1:8080/" }],
    [
      ["production=https://a.example", "staging=b.example:8080"],
      { production: "https://a.example/", staging: "http://b.example:8080/" },
    ],
    [["a=http://x.example, b=http://y.example"], { a: "http://x.example/", b: "http://y.example/" }],
  ])("reads %j", (texts, expected) => {
    expect(Object.fromEntries(readRegistries(texts).map(({ name, address }) => [name, address.href]))).toEqual(
      expected,
    );
  });

  it.each([
    [["ftp://x.example"], "--registry: expected an address"],
    [["A b=http://x.example"], "expected a name of lower-case letters"],
    [["ui=http://x.example"], "the name is reserved"],
    [["http://x.example", "http://x.other"], "two are named x"],
    [["http://ada:secret@x.example"], "without a user"],
  ])("refuses %j: %s", (texts, message) => {
    expect(() => readRegistries(texts)).toThrow(message);
  });
});
