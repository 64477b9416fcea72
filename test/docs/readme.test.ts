import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandsOf, type Demo, readPage, runCommand, stableJson, startDemo } from "./snippets.ts";

let demo: Demo | undefined;
// The demo tries every protocol before it says that it is there, which a busy machine takes its time for.
beforeAll(async () => {
  demo = await startDemo();
}, 120_000);
afterAll(() => demo?.stop());

/** What a reader sees first: everything before the first heading of the second level. */
const firstScreen = readPage("README.md").split("\n## ")[0]!;

describe("the first screen of the README", () => {
  const commands = commandsOf(firstScreen);

  test.each(commands)("line $line prints what the README shows", async ({ text, output }) => {
    const printed = await runCommand(text, demo!.port);
    expect(stableJson(printed)).toEqual(stableJson(output!.text));
  });

  test("lists and predicts by curl, then by buf curl, and ends in a prediction", () => {
    const steps = commands.map(({ text }) => [
      text.startsWith("npx buf curl") ? "buf curl" : "curl",
      /predict/i.test(text) ? "predict" : "list",
    ]);
    expect(steps).toEqual([
      ["curl", "list"],
      ["curl", "predict"],
      ["buf curl", "list"],
      ["buf curl", "predict"],
    ]);
    expect(JSON.parse(commands.at(-1)!.output!.text)).toHaveProperty("predictions");
  });
});

test("the names of metrics in the README are those of the service", async () => {
  const metrics = await runCommand("curl -s http://127.0.0.1:8080/metrics", demo!.port);
  const named = [...readPage("README.md").matchAll(/\bkserve_inference_\w+/g)].map(([name]) => name);
  expect(named.length).toBeGreaterThan(0);
  for (const name of named) {
    expect(metrics).toContain(name);
  }
});
