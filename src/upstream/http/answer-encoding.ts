import { createGunzip } from "node:zlib";
import type { Cancellation } from "../../base/cancellation.ts";
import type { BytesHolder, MemoryBudget } from "../../registry/memory-budget.ts";

/** An answer in an encoding that it was not asked for in, and that is not decoded here. */
export class UnknownEncoding extends Error {}

/** The size limit of an answer, and the call that it counts for. */
export interface AnswerLimits {
  readonly maxResponseBytes: number;
  readonly cancellation: Cancellation<Error>;
  readonly memory?: MemoryBudget;
  readonly holder?: BytesHolder | undefined;
}

/** The size limit of answers about a model or its server, both compressed and decompressed. */
export const maxDescriptionBytes = 1024 * 1024;
/** The size limit of answers to readiness checks, of which hundreds are under way at a time. */
export const maxReadinessBytes = 128 * 1024;

/** The error of an answer above its limit. */
export function answerTooLarge(): Error {
  return Object.assign(new Error("the answer is too large"), { code: "ERR_ANSWER_TOO_LARGE" });
}

/**
 * Decodes an answer. Every request asks for `identity`, but some servers and proxies compress everything.
 *
 * @throws UnknownEncoding; Error where the bytes are not of the encoding, or exceed the limits
 */
export function decodeAnswer(body: Buffer, encoding: string, limits: AnswerLimits): Promise<Buffer> {
  const name = encoding.trim().toLowerCase();
  if (name === "identity" || name === "") return Promise.resolve(body);
  if (name !== "gzip" && name !== "x-gzip") return Promise.reject(new UnknownEncoding(name));
  return gunzip(body, limits);
}

function gunzip(body: Buffer, { maxResponseBytes, cancellation, memory, holder }: AnswerLimits): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const decoder = createGunzip();
    const chunks: Buffer[] = [];
    let size = 0;
    let stopWaiting: () => void = () => {};
    const fail = (error: Error): void => {
      stopWaiting();
      decoder.destroy();
      reject(error);
    };
    stopWaiting = cancellation.onCancel(fail);
    decoder.on("data", (chunk: Buffer) => {
      size += chunk.length;
      try {
        if (size > maxResponseBytes) throw answerTooLarge();
        if (memory !== undefined && holder !== undefined) memory.take(holder, chunk.length);
      } catch (error) {
        fail(error as Error);
        return;
      }
      chunks.push(chunk);
    });
    decoder.once("end", () => {
      stopWaiting();
      resolve(Buffer.concat(chunks, size));
    });
    decoder.once("error", (error) => fail(new UnknownEncoding("gzip", { cause: error })));
    decoder.end(body);
  });
}
