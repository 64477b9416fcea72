import { type AnswerLimits, answerTooLarge } from "../http/answer-limits.ts";

/** An announced length reserves no more memory than this until as many bytes have arrived. */
const maxClaimedBytes = 1024 * 1024;
/**
 * For each byte that arrives, this many are moved to a larger buffer, so that moving ends before the new buffer is
 * full.
 */
const movedPerByte = 4;
const nothing = Buffer.alloc(0);

/** Gathers the body of an answer in one piece, within limits. */
export class BodyCollector {
  readonly #limits: AnswerLimits;
  #buffer: Buffer = nothing;
  #size = 0;
  /** How many bytes are said to come. */
  #claimed = 0;
  /** The content of the previous buffer, which is moved in small steps: moving all of it at once would take long. */
  #before: Buffer = nothing;
  /** How much of it has been moved. */
  #moved = 0;

  constructor(limits: AnswerLimits) {
    this.#limits = limits;
  }

  /** Makes room for a body that is said to have so many bytes. @throws Error where that is more than is taken */
  expect(bytes: number): void {
    if (bytes > this.#limits.maxResponseBytes) throw answerTooLarge();
    this.#claimed = bytes;
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
    this.#move((end - start) * movedPerByte);
  }

  /** The whole body. */
  take(): Buffer {
    this.#move(this.#before.length);
    // A view would keep the whole buffer.
    if (this.#size < this.#buffer.length / 2) return Buffer.from(this.#buffer.subarray(0, this.#size));
    return this.#buffer.subarray(0, this.#size);
  }

  #grow(size: number): void {
    this.#move(this.#before.length);
    const wanted = Math.max(2 * this.#buffer.length, this.#claimed);
    this.#before = this.#buffer.subarray(0, this.#size);
    this.#moved = 0;
    this.#buffer = Buffer.allocUnsafe(Math.max(size, Math.min(wanted, this.#limits.maxResponseBytes)));
  }

  /** Moves so many bytes more of what came before. */
  #move(bytes: number): void {
    if (this.#before === nothing) return;
    const end = Math.min(this.#before.length, this.#moved + bytes);
    this.#before.copy(this.#buffer, this.#moved, this.#moved, end);
    this.#moved = end;
    if (end === this.#before.length) this.#before = nothing;
  }
}
