import { globSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandsOf, type Demo, projectDir, readPage, runCommand, stableJson, startDemo } from "./snippets.ts";

let demo: Demo | undefined;
// The demo tries every protocol before it says that it is there, which a busy machine takes its time for.
beforeAll(async () => {
  demo = await startDemo();
}, 120_000);
afterAll(() => demo?.stop());

const pages = globSync("docs/*.md", { cwd: projectDir }).filter((path) => commandsOf(readPage(path)).length > 0);

describe.each(pages.sort())("the commands of %s", (path) => {
  test.each(commandsOf(readPage(path)))("line $line prints what the page shows", async ({ text, output }) => {
    const printed = await runCommand(text, demo!.port);
    if (output!.language === "json") expect(stableJson(printed)).toEqual(stableJson(output!.text));
    else expect(printed.trim()).toBe(output!.text.trim());
  });
});
