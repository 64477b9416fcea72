import { expect, it } from "vitest";
import { startThread } from "../../src/base/start-thread.ts";

const failing = `data:text/javascript,${encodeURIComponent("throw new Error('nobody waits for it')")}`;
const full = `data:text/javascript,${encodeURIComponent("const kept = []; for (;;) kept.push({ a: Math.random() });")}`;

it.each([
  ["fails", failing],
  ["runs out of memory", full],
])("a thread that %s when nobody waits for it does not end the process", async (_, module) => {
  const errors: unknown[] = [];
  const note = (error: unknown) => errors.push(error);
  process.on("uncaughtException", note);
  const thread = startThread(module, { resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 } });
  await new Promise((resolve) => thread.once("exit", resolve));
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off("uncaughtException", note);
  expect(errors).toEqual([]);
});
