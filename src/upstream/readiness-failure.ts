import { UnreadableFile } from "../base/cached-file.ts";
import type { Cancellation } from "../base/cancellation.ts";
import type { Readiness } from "../registry/readiness.ts";
import { RegistryError } from "../registry/registry-error.ts";
import { ExchangeFailure } from "./http/exchange.ts";
import { causeWords } from "./http/upstream-error.ts";

/** Reads a readiness check that got no answer. */
export function readinessFromFailure(error: unknown, cancellation: Cancellation<Error>): Readiness {
  const cause = error instanceof ExchangeFailure ? error.cause : error;
  if (cause instanceof RegistryError || cause instanceof UnreadableFile) {
    const reason = cause instanceof RegistryError ? cause.message : unreadableWords;
    return { state: "unreachable", reason, checkTime: new Date() };
  }
  const words = cancellation.reason !== undefined ? "the model server did not answer in time" : causeWords(cause);
  return { state: "unreachable", reason: words, checkTime: new Date() };
}

const unreadableWords = "the credentials that its entry names cannot be read";
