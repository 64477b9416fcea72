import { onTestFinished, vi } from "vitest";

/** How many turns of the event loop pass while work is under way. */
export async function countTurns(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  const turn = (): void => {
    turns++;
    immediate = setImmediate(turn);
  };
  let immediate = setImmediate(turn);
  try {
    await work();
  } finally {
    clearImmediate(immediate);
  }
  return turns;
}

/** Until the end of the test every look at the clock finds that 10 ms have passed, so that each turn soon seems long. */
export function slowDown(): void {
  let now = performance.now();
  vi.spyOn(performance, "now").mockImplementation(() => {
    now += 10;
    return now;
  });
  onTestFinished(() => void vi.restoreAllMocks());
}
