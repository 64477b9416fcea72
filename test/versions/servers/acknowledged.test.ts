import { expect, it } from "vitest";
import { type DatabaseName, databases, runAcknowledged } from "../../../reliability/acknowledged/run.ts";

/** Short; `npm run acknowledged` is the long form. */
const plan = { writes: 200, kills: 1 };

it.each(Object.keys(databases) as DatabaseName[])(
  "keeps on %s what it acknowledged when the server is killed",
  { timeout: 240_000 },
  async (name) => {
    const { acknowledged, unanswered, ...found } = await runAcknowledged(name, plan);
    expect(found).toEqual({ kills: plan.kills, lost: [], torn: [], late: expect.any(Number), findings: [] });
    expect([acknowledged > 0, unanswered > 0]).toEqual([true, true]);
  },
);
