import { describe, expect, it } from "vitest";
import { RetryBudget } from "../../src/upstream/http/retry-budget.ts";

/** How many of so many retries a budget allows in one moment. */
function allowed(budget: RetryBudget, nowMs: number, asked = 1000): number {
  let count = 0;
  for (let i = 0; i < asked; i++) if (budget.retry(nowMs)) count++;
  return count;
}

function request(budget: RetryBudget, nowMs: number, times: number): void {
  for (let i = 0; i < times; i++) budget.request(nowMs);
}

const now = 1_700_000_000_000;

describe("the retry budget of a model", () => {
  it.each<[string, number, number, number]>([
    ["a share of the requests", 0.2, 100, 20],
    ["another share of the requests", 0.5, 1000, 500],
    ["three for a model that is seldom called", 0.2, 1, 3],
    ["nothing when it is turned off", 0, 100, 0],
  ])("allows %s", (_title, share, requests, retries) => {
    const budget = new RetryBudget({ share });
    request(budget, now, requests);
    expect(allowed(budget, now)).toBe(retries);
  });

  it("looks at the last ten seconds", () => {
    const budget = new RetryBudget({ share: 0.2 });
    for (let second = 0; second < 10; second++) request(budget, now + second * 1000, 10);
    expect(allowed(budget, now + 9000)).toBe(20);
    expect(allowed(budget, now + 9999)).toBe(0);
    // The retries are as old as the last requests, so both are forgotten together.
    expect(allowed(budget, now + 18_000)).toBe(0);
    expect(allowed(budget, now + 19_000)).toBe(3);
  });

  it("forgets everything in a long pause", () => {
    const budget = new RetryBudget({ share: 0.2 });
    request(budget, now, 1000);
    expect(allowed(budget, now + 3_600_000)).toBe(3);
  });
});
