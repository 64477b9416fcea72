/** Characters of answers on their way to the other thread, from which on no more calls are begun. */
const maxCharsOnTheWay = 1024 * 1024;
/** Answers with fewer are not counted: nearly all of them, so that they cost no message back. */
const minCounted = 8192;

/**
 * Begins calls in the order in which they come, and no more than the thread that asks can take the answers of: thousands may
 * wait, and each of their answers may have megabytes.
 */
export class AnswerFlow<Call, Answer> {
  readonly #run: (call: Call) => Promise<Answer>;
  readonly #send: (answer: Answer) => void;
  readonly #waiting: Call[] = [];
  #isRunning = false;
  #charsOnTheWay = 0;

  constructor(run: (call: Call) => Promise<Answer>, send: (answer: Answer) => void) {
    this.#run = run;
    this.#send = send;
  }

  add(calls: readonly Call[]): void {
    for (const call of calls) this.#waiting.push(call);
    this.#begin();
  }

  /** Notes that the other thread has so many characters of answers that were counted. */
  taken(chars: number): void {
    this.#charsOnTheWay -= chars;
    this.#begin();
  }

  #begin(): void {
    if (this.#isRunning || this.#waiting.length === 0 || this.#charsOnTheWay >= maxCharsOnTheWay) return;
    // Statements run one after the other anyway, and how long an answer is shows only when it is there.
    this.#isRunning = true;
    void this.#run(this.#waiting.shift()!).then((answer) => {
      this.#isRunning = false;
      this.#charsOnTheWay += countedChars(answer);
      this.#send(answer);
      this.#begin();
    });
  }
}

/** The characters of the texts in an answer, as both threads count them. */
export function countedChars(answer: unknown): number {
  const chars = charsIn(answer);
  return chars < minCounted ? 0 : chars;
}

function charsIn(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  let chars = 0;
  for (const part of Array.isArray(value) ? value : Object.values(value)) chars += charsIn(part);
  return chars;
}
