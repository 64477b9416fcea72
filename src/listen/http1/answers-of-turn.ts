/**
 * So many answers go out at the latest, however long the turn: beyond it the first ones would wait for longer than it saves to
 * send them together.
 */
const maxTogether = 32;

let due: (() => void)[] = [];

/**
 * Sends an answer at the end of this turn of the event loop, together with the others of the turn. A client that waits for many,
 * as a gateway does, is woken up once for all of them, which costs more than to write the answer.
 */
export function sendAfterTurn(send: () => void): void {
  due.push(send);
  if (due.length === 1) setImmediate(sendAnswers);
  else if (due.length === maxTogether) sendAnswers();
}

/** Sends now what waits for the end of the turn. */
export function sendAnswers(): void {
  const sends = due;
  due = [];
  for (const send of sends) send();
}
