import { describe, expect, it, onTestFinished } from "vitest";
import { entryFromInferenceService } from "../../../src/sources/kube/inference-service-entry.ts";
import { readModelsDocument } from "../../../src/sources/models-document.ts";

function read(features: string): ReturnType<typeof entryFromInferenceService> {
  const annotations = { "kserve-model-registry/features": features };
  return entryFromInferenceService({ name: "disk", namespace: "ns", uid: "1", resourceVersion: "1", annotations });
}

describe("the list in an annotation", () => {
  it.each([
    ["names", "a, b", ["a", "b"]],
    ["JSON", '["a", {"name": "b", "type": "number", "values": [1, 2]}]', ["a", "b"]],
    [
      "JSON of many",
      JSON.stringify(Array.from({ length: 700 }, (_, i) => `${i}`)),
      Array.from({ length: 700 }, (_, i) => `${i}`),
    ],
    ["YAML", "- a\n- name: b\n  type: number\n", ["a", "b"]],
  ])("is read as %s", (_, text, names) => {
    expect(read(text).entry?.inputFeatures.map(({ name }) => name)).toEqual(names);
  });

  it.each([
    ["question marks of keys", `[${"? ".repeat(125_000)}`, "at most 4096 are read"],
    ["few of these", `[${"? ".repeat(500)}`, "nested deeper than 8 levels"],
    ["brackets", "[".repeat(400), "nested deeper than 8 levels"],
    ["question marks within brackets", "[? ".repeat(200), "nested deeper than 8 levels"],
    ["names", "- a\n".repeat(2000), "at most 4096 are read"],
    ["colons", `[${"a: ".repeat(1300)}]`, "at most 512 are read as YAML; write it as JSON"],
    ["anchors", `[${"&a ".repeat(1300)}`, "at most 512 are read as YAML"],
    ["tags", `[${"!a ".repeat(1300)}`, "at most 512 are read as YAML"],
    ["commas", `[${"a,".repeat(2000)}a]`, "at most 512 are read as YAML"],
    ["aliases", "[&a x, *a]", "Alias resolution is disabled"],
  ])("is refused before it is parsed where it has too many %s", (_, text, why) => {
    expect(read(text).problems).toEqual([
      { field: "kserve-model-registry/features", message: expect.stringContaining(why) },
    ]);
  });
});

describe("what is odd about YAML", () => {
  it.each([
    ["tags that nobody knows", `[${"!a x, ".repeat(90)}b]`],
    ["keys that are lists", "models: [{? [a] : b}]"],
  ])("is not written to standard error: %s", async (_, text) => {
    const warnings: unknown[] = [];
    const listener = (warning: unknown): void => void warnings.push(warning);
    process.on("warning", listener);
    onTestFinished(() => void process.off("warning", listener));
    read(text);
    readModelsDocument(text, "models.yaml", "ns");
    await new Promise((resolve) => setImmediate(resolve));
    expect(warnings).toEqual([]);
  });
});
