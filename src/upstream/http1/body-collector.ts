import { type AnswerLimits, answerTooLarge } from "../http/answer-encoding.ts";

/** What a server merely says that it will send takes no more than this. */
const maxClaimedBytes = 1024 * 1024;
const nothing = Buffer.alloc(0);

/** Gathers the body of an answer in one piece, within limits. */
export class BodyCollector {
  readonly #limits: AnswerLimits;
  #buffer: Buffer = nothing;
  #size = 0;

  constructor(limits: AnswerLimits) {
    this.#limits = limits;
  }

  /** Makes room for a body that is said to have so many bytes. @throws Error where that is more than is taken */
  expect(bytes: number): void {
    if (bytes > this.#limits.maxResponseBytes) throw answerTooLarge();
    this.#buffer = Buffer.allocUnsafe(Math.min(bytes, maxClaimedBytes));
  }

  /** Copies a part of what came. @throws Error, RegistryError SERVER_OVERLOADED where that is more than is taken */
  add(source: Buffer, start: number, end: number): void {
    const { maxResponseBytes, memory, holder } = this.#limits;
    const size = this.#size + end - start;
    if (size > maxResponseBytes) throw answerTooLarge();
    if (memory !== undefined && holder !== undefined) memory.take(holder, end - start);
    if (size > this.#buffer.length) this.#grow(size);
    source.copy(this.#buffer, this.#size, start, end);
    this.#size = size;
  }

  /** The whole body. */
  take(): Buffer {
    // A view would keep all of it.
    if (this.#size < this.#buffer.length / 2) return Buffer.from(this.#buffer.subarray(0, this.#size));
    return this.#buffer.subarray(0, this.#size);
  }

  #grow(size: number): void {
    const larger = Buffer.allocUnsafe(Math.max(size, Math.min(2 * this.#buffer.length, this.#limits.maxResponseBytes)));
    this.#buffer.copy(larger, 0, 0, this.#size);
    this.#buffer = larger;
  }
}
