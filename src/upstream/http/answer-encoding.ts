import { createGunzip } from "node:zlib";
import { wantedUnless } from "../../base/cancellation.ts";
import { inSlices } from "../../base/in-slices.ts";
import { type AnswerLimits, answerTooLarge } from "./answer-limits.ts";
import { joinPieces } from "./join-pieces.ts";

/** An answer in an encoding that it was not asked for in, and that is not decoded here. */
export class UnknownEncoding extends Error {}

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

/** Output of this size is freed as a whole: what is smaller is left behind in pieces where much of it comes and goes. */
const decodedAtOnce = 256 * 1024;

async function gunzip(body: Buffer, limits: AnswerLimits): Promise<Buffer> {
  const { chunks, size } = await decodedPieces(body, limits);
  return await inSlices(joinPieces(chunks, size), wantedUnless(limits.cancellation));
}

function decodedPieces(
  body: Buffer,
  { maxResponseBytes, cancellation, memory, holder }: AnswerLimits,
): Promise<{ readonly chunks: readonly Buffer[]; readonly size: number }> {
  return new Promise((resolve, reject) => {
    const decoder = createGunzip({ chunkSize: Math.min(decodedAtOnce, maxResponseBytes) });
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
      resolve({ chunks, size });
    });
    decoder.once("error", (error) => fail(new UnknownEncoding("gzip", { cause: error })));
    decoder.end(body);
  });
}
