import { modelWords } from "../../registry/model-words.ts";
import type { Readiness } from "../../registry/readiness.ts";
import { parseAnswer } from "../http/parse-answer.ts";

/**
 * Reads the answer to `GET /v2/models/{model}/ready`. KServe says `{"name", "ready"}`; MLServer and Triton answer with a status
 * and an empty body, 400 while a model loads. Triton says 400 of unknown models, too.
 */
export function readinessFromResponse(status: number, body: Uint8Array): Readiness {
  const checkTime = new Date();
  if (status === 200) {
    return saysNotReady(body)
      ? { state: "not-ready", reason: "the model server says that it is not ready", checkTime }
      : { state: "ready", reason: "", checkTime };
  }
  if (status === 405 || status === 501) {
    const reason = `the model server does not say whether it is ready (HTTP ${status})`;
    return { state: "unknown", reason, checkTime, unanswered: true };
  }
  const words = modelWords(body);
  const silent =
    status === 400
      ? "the model is loading, or the server has no model of this name (HTTP 400)"
      : `the model server answered HTTP ${status}`;
  const reason = words === "" ? silent : `the model server answered HTTP ${status}: ${words}`;
  return { state: "not-ready", reason, checkTime, ...(status === 404 ? { unanswered: true as const } : {}) };
}

function saysNotReady(body: Uint8Array): boolean {
  if (body.length === 0) return false;
  try {
    return (parseAnswer(body) as { ready?: unknown } | null)?.ready === false;
  } catch {
    return false;
  }
}
