import { takeAll } from "../../base/take-all.ts";

/**
 * Answers are sent once there are this many, however long the turn: beyond it the first ones would wait for longer than
 * sending them together saves.
 */
const maxTogether = 32;

/**
 * Larger ones are sent at once, in bytes: writing one takes a part of the turn itself, most of all over TLS, and whoever made it gives
 * way to others between two of them.
 */
const maxBytesTogether = 64 * 1024;

const due: (() => void)[] = [];

/**
 * Sends an answer at the end of this turn of the event loop, together with the turn's other answers. A client that
 * waits for many, such as a gateway, is then woken up once for all of them; waking it costs more than writing the
 * answer.
 *
 * @param bytes how long its body is
 */
export function sendAfterTurn(bytes: number, send: () => void): void {
  if (bytes > maxBytesTogether) {
    send();
    return;
  }
  due.push(send);
  if (due.length === 1) setImmediate(sendAnswers);
  else if (due.length === maxTogether) sendAnswers();
}

/** Sends the waiting answers now. */
export function sendAnswers(): void {
  for (const send of takeAll(due)) send();
}
