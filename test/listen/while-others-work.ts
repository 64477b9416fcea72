import { whenNotBusy } from "../../src/base/yield-if-busy.ts";
import { until } from "../support/until.ts";

const workers = 100;

/** Others give up after so many steps of a millisecond. */
const mostSteps = 1000;

/**
 * Begins work while the event loop is busy with that of a hundred others, who share its turns.
 *
 * @param begin begins it; it calls back after each of its steps
 * @returns how many steps others had done before each of its own, until all twenty are done or others have worked for long
 */
export async function whileOthersWork(begin: (count: () => void) => void): Promise<readonly number[]> {
  const afterSteps: number[] = [];
  let steps = 0;
  let isOver = false;
  const keepBusy = async (): Promise<void> => {
    const owner = {};
    while (!isOver) {
      await whenNotBusy(owner);
      work(1);
      steps++;
    }
  };
  const others = Array.from({ length: workers }, keepBusy);
  begin(() => {
    afterSteps.push(steps);
    work(0.5);
  });
  await until(
    () => afterSteps.length === stepsCounted || steps > mostSteps,
    "it is done, or others have worked for long",
  );
  isOver = true;
  await Promise.all(others);
  return afterSteps;
}

/** How many steps the work has that is watched. */
export const stepsCounted = 20;

function work(ms: number): void {
  const untilMs = performance.now() + ms;
  while (performance.now() < untilMs);
}
