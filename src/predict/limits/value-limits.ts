/** How many times as many values as a message for each that comes may have: what is passed on, and what comes back. */
const factor = 5;

/** How messages call what is `factor` times as large. */
export const ofFiveTimes = "five times MAX_MESSAGE_VALUES";

/** Text that is passed on is read value by value, as a message is, but takes no memory for them. */
export function maxTextValues(maxMessageValues: number): number {
  return factor * maxMessageValues;
}

/** Answers are made objects of less often than requests, and by fewer callers. */
export function maxAnswerValues(maxMessageValues: number): number {
  return factor * maxMessageValues;
}

const valuesPerVerdict = 5;

/** How many instances may be evaluated at once: a verdict is about so many values. */
export function maxVerdicts(maxMessageValues: number): number {
  return Math.floor(maxMessageValues / valuesPerVerdict);
}

/** How messages call that. */
export const ofVerdicts = "a fifth of MAX_MESSAGE_VALUES";
