import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandsOf, type Demo, readPage, runCommand, stableJson, startDemo } from "./snippets.ts";

let demo: Demo | undefined;
beforeAll(async () => {
  demo = await startDemo();
});
afterAll(() => demo?.stop());

describe.each(["docs/API.md", "docs/CUSTOM-MODELS.md", "docs/MIGRATION.md", "docs/TROUBLESHOOTING.md"])(
  "the commands of %s",
  (path) => {
    test.each(commandsOf(readPage(path)))("line $line prints what the page shows", async ({ text, output }) => {
      const printed = await runCommand(text, demo!.port);
      if (output!.language === "json") expect(stableJson(printed)).toEqual(stableJson(output!.text));
      else expect(printed.trim()).toBe(output!.text.trim());
    });
  },
);
