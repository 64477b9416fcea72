import { expect, it } from "vitest";
import { createRestedTurns } from "../../src/listen/rested-turns.ts";
import { stepsCounted, whileOthersWork } from "./while-others-work.ts";

it("a step is done in each turn of the event loop, however many others wait to work", async () => {
  const doInTurn = createRestedTurns();
  const done = await whileOthersWork((count) => {
    for (let i = 0; i < stepsCounted; i++) doInTurn(async () => count());
  });
  expect(done).toHaveLength(stepsCounted);
  // A step that a busy machine makes long is rested from. Steps that wait for all others would come after 2,000 of theirs.
  expect(done.at(-1)).toBeLessThanOrEqual(10 * stepsCounted);
});
