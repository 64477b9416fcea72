/** Texts that are passed on, and answers, may have this many times as many values as a message of a request. */
const factor = 5;

/** What messages call `factor` times the limit. */
export const ofFiveTimes = "five times MAX_MESSAGE_VALUES";

/** Text that is passed on is scanned value by value like a message, but takes no memory for its values. */
export function maxTextValues(maxMessageValues: number): number {
  return factor * maxMessageValues;
}

/** Answers are decoded into objects less often than requests, and for fewer callers. */
export function maxAnswerValues(maxMessageValues: number): number {
  return factor * maxMessageValues;
}

const valuesPerVerdict = 5;

/** How many instances may be evaluated at once: a verdict has about this many values. */
export function maxVerdicts(maxMessageValues: number): number {
  return Math.floor(maxMessageValues / valuesPerVerdict);
}

/** What messages call that limit. */
export const ofVerdicts = "a fifth of MAX_MESSAGE_VALUES";
