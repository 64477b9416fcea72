import { describe, expect, it } from "vitest";
import { parseLabelSelector } from "../../../src/kube/label-selector.ts";

const labels = { "kserve-model-registry/enabled": "true", team: "storage", tier: "" };

describe("a label selector", () => {
  it.each([
    ["*", true],
    ["kserve-model-registry/enabled=true", true],
    ["kserve-model-registry/enabled==true", true],
    ["kserve-model-registry/enabled=false", false],
    ["team != storage", false],
    ["team!=network", true],
    ["missing!=x", true],
    ["missing=x", false],
    ["tier=", true],
    ["team in (storage, network)", true],
    ["team in (network)", false],
    ["missing in (x)", false],
    ["team notin (storage)", false],
    ["missing notin (x)", true],
    ["team", true],
    ["missing", false],
    ["!missing", true],
    ["!team", false],
    ["team in (a,storage),!missing,kserve-model-registry/enabled=true", true],
    ["team=storage,missing", false],
  ])("%s: %s", (text, expected) => {
    expect(parseLabelSelector(text)?.(labels)).toBe(expected);
  });

  it.each(["", "=x", "a=b=c", "a in b", "a in (b", "a,,b", "a like b", "a!", "a = b c"])("is none: %j", (text) => {
    expect(parseLabelSelector(text)).toBeUndefined();
  });
});
