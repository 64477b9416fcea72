import { whenNotBusy } from "./yield-if-busy.ts";

/** How many bytes of a long text are read before others get their turn. */
export const sliceBytes = 32 * 1024;

/**
 * Thrown by work that pauses to let others run. One object for all: it is not an error, and a stack trace would cost more
 * than a slice.
 */
export const outOfTurn = new Error("the work goes on in a later turn");

/** How many elements are read or written before others get their turn: one takes about as long as 16 bytes of text. */
export const sliceElements = 2048;

/** Work that yields at the end of each slice. */
export type Slices<T> = Generator<void, T>;

/** Called between two slices. Throws when the result is no longer wanted; the rest is then left undone. */
export type AssertWanted = () => void;

/**
 * Runs work that throws `outOfTurn` to pause, and calls it again to continue. Short work is done at once. Long work
 * waits between slices until the event loop is not busy, and takes turns with other long work.
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

/**
 * Runs work that is a generator and yields at the end of each slice: short work at once, long work as `inSlices` does.
 */
export function finishInSlices<T>(slices: Slices<T>, assertWanted?: AssertWanted): T | Promise<T> {
  return inSlices(() => nextSlice(slices), assertWanted);
}

/** Runs one slice of a generator, within work that throws `outOfTurn`. */
export function nextSlice<T>(slices: Slices<T>): T {
  const { done, value } = slices.next();
  if (done !== true) throw outOfTurn;
  return value;
}

/**
 * Turns work that throws `outOfTurn` into one step of larger work of that kind: once it is done, further calls return
 * its result.
 */
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

/** Runs all slices at once. */
export function finishAtOnce<T>(slices: Slices<T>): T {
  for (;;) {
    const { done, value } = slices.next();
    if (done === true) return value;
  }
}

/** Turns work that throws `outOfTurn` into a part of work that is a generator. */
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
