import { whenNotBusy } from "./yield-if-busy.ts";

/** How much of a long text is read before others get their turn, in bytes. */
export const sliceBytes = 32 * 1024;

/** Thrown by work that gives way to others. One for all: it is no fault, and a stack would cost more than a slice. */
export const outOfTurn = new Error("the work goes on in a later turn");

/** How many elements are read or written before others get their turn: each takes about as long as 16 bytes. */
export const sliceElements = 2048;

/** Work that yields at the end of each slice. */
export type Slices<T> = Generator<void, T>;

/** Throws, between two slices, where nobody wants any more what is worked on: the rest is left undone. */
export type AssertWanted = () => void;

/**
 * Does work that throws `outOfTurn` to give way, and goes on where it was when it is called again. Short work is done at once.
 * Long work waits between its slices until the event loop is not busy, and takes turns with other long work.
 */
export function inSlices<T>(work: () => T, assertWanted?: AssertWanted): T | Promise<T> {
  try {
    return work();
  } catch (error) {
    if (error !== outOfTurn) throw error;
  }
  return later(work, assertWanted);
}

async function later<T>(work: () => T, assertWanted: AssertWanted | undefined): Promise<T> {
  for (;;) {
    await whenNotBusy(work);
    assertWanted?.();
    try {
      return work();
    } catch (error) {
      if (error !== outOfTurn) throw error;
    }
  }
}

/** Work that is a generator, which yields at the end of each slice. Short work is done at once, and long work as by `inSlices`. */
export function finishInSlices<T>(slices: Slices<T>, assertWanted?: AssertWanted): T | Promise<T> {
  return inSlices(() => nextSlice(slices), assertWanted);
}

/** Does a slice of work that is a generator, as a part of work that throws `outOfTurn`. */
export function nextSlice<T>(slices: Slices<T>): T {
  const { done, value } = slices.next();
  if (done !== true) throw outOfTurn;
  return value;
}

/** Work that throws `outOfTurn` to give way, as a step of more work that does: when it is done, its result is handed out again. */
export function once<T>(work: () => T): () => T {
  let isDone = false;
  let result: T;
  return () => {
    if (!isDone) {
      result = work();
      isDone = true;
    }
    return result;
  };
}

/** All slices of work at once. */
export function finishAtOnce<T>(slices: Slices<T>): T {
  for (;;) {
    const { done, value } = slices.next();
    if (done === true) return value;
  }
}

/** Work that throws `outOfTurn` to give way, as a part of work that is a generator. */
export function* slicesOf<T>(work: () => T): Slices<T> {
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (error !== outOfTurn) throw error;
    }
    yield;
  }
}
