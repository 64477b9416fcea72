import { whenNotBusy } from "./yield-if-busy.ts";

/** How much of a long text is read before others get their turn, in bytes. */
export const sliceBytes = 32 * 1024;

/** Thrown by work that gives way to others. One for all: it is no fault, and a stack would cost more than a slice. */
export const outOfTurn = new Error("the work goes on in a later turn");

/**
 * Does work that throws `outOfTurn` to give way, and goes on where it was when it is called again. Short work is done at once.
 * Long work waits between its slices until the event loop is not busy, and takes turns with other long work.
 */
export function inSlices<T>(work: () => T): T | Promise<T> {
  try {
    return work();
  } catch (error) {
    if (error !== outOfTurn) throw error;
  }
  return later(work);
}

async function later<T>(work: () => T): Promise<T> {
  for (;;) {
    await whenNotBusy(work);
    try {
      return work();
    } catch (error) {
      if (error !== outOfTurn) throw error;
    }
  }
}
