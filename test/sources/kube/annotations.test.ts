import type { Worker } from "node:worker_threads";
import { describe, expect, it, onTestFinished } from "vitest";
import { readYamlList } from "../../../src/sources/kube/annotation-list.ts";
import { AnnotationThread } from "../../../src/sources/kube/annotation-thread.ts";
import { entryFromInferenceService, longListsOf } from "../../../src/sources/kube/inference-service-entry.ts";
import { readModelsDocument } from "../../../src/sources/models-document.ts";

function read(features: string): ReturnType<typeof entryFromInferenceService> {
  const annotations = { "kserve-model-registry/features": features };
  const longLists = new Map(longListsOf(annotations).map((text) => [text, readYamlList(text)]));
  return entryFromInferenceService({ name: "disk", namespace: "ns", annotations }, longLists);
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

describe("a long list in an annotation", () => {
  const long = `[${Array.from({ length: 100 }, (_, i) => `{name: f${i}}`).join()}]`;

  it("is read in a thread, and others get their turn meanwhile", async () => {
    const annotations = { "kserve-model-registry/features": long, "kserve-model-registry/triggers": "[a, b]" };
    expect(longListsOf(annotations)).toEqual([long]);
    const thread = new AnnotationThread();
    onTestFinished(() => thread.stop());
    const lists = [long, "[&a x, *a]", "[ok, {name: x}]"].map((text) => thread.read(text));
    expect(await Promise.all(lists)).toEqual([
      { value: Array.from({ length: 100 }, (_, i) => ({ name: `f${i}` })) },
      { problem: expect.stringContaining("Alias resolution is disabled") },
      { value: ["ok", { name: "x" }] },
    ]);
  });

  it("is read by a new thread when the one before ended while it was idle, and fails at once when it ends", async () => {
    const threads: Worker[] = [];
    const note = (started: Worker) => threads.push(started);
    process.on("worker", note);
    onTestFinished(() => void process.off("worker", note));
    const thread = new AnnotationThread();
    onTestFinished(() => thread.stop());
    await thread.read(long);
    await threads[0]!.terminate();
    expect(await thread.read("[a]")).toEqual({ value: ["a"] });
    const read = thread.read(long);
    await threads[1]!.terminate();
    expect(await read).toEqual({ problem: expect.stringContaining("its thread has ended"), mayPass: true });
    expect(await thread.read("[b]")).toEqual({ value: ["b"] });
    expect(threads).toHaveLength(3);
  });

  it("that takes too long is given up, and the next one is read", async () => {
    const thread = new AnnotationThread(0);
    onTestFinished(() => thread.stop());
    const given = await Promise.all([thread.read(long), thread.read(long)]);
    for (const one of given)
      expect(one).toEqual({ problem: expect.stringContaining("takes longer than"), mayPass: true });
  });
});

describe("YAML's pitfalls", () => {
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
