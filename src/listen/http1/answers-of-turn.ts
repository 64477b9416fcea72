/**
 * Answers are sent once there are this many, however long the turn: beyond it the first ones would wait for longer than
 * sending them together saves.
 */
const maxTogether = 32;

let due: (() => void)[] = [];

/**
 * Sends an answer at the end of this turn of the event loop, together with the turn's other answers. A client that
 * waits for many, such as a gateway, is then woken up once for all of them; waking it costs more than writing the
 * answer.
 */
export function sendAfterTurn(send: () => void): void {
  due.push(send);
  if (due.length === 1) setImmediate(sendAnswers);
  else if (due.length === maxTogether) sendAnswers();
}

/** Sends the waiting answers now. */
export function sendAnswers(): void {
  const sends = due;
  due = [];
  for (const send of sends) send();
}
