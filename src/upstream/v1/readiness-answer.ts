import { modelWords } from "../../registry/model-words.ts";
import type { Readiness } from "../../registry/readiness.ts";
import { parseAnswer } from "../http/parse-answer.ts";

/**
 * Reads the answer to `GET /v1/models/{model}`. KServe says `{"name", "ready"}`, older servers leave `ready` out, and
 * TF Serving says `{"model_version_status": [{"version", "state": "AVAILABLE"}]}`.
 */
export function readinessFromResponse(status: number, body: Uint8Array): Readiness {
  const checkTime = new Date();
  const notReady = (reason: string): Readiness => ({ state: "not-ready", reason, checkTime });
  // Some servers have no such question; only a prediction shows whether they are ready.
  if (status === 405 || status === 501) {
    const reason = `the model server does not say whether it is ready (HTTP ${status})`;
    return { state: "unknown", reason, checkTime, unanswered: true };
  }
  if (status !== 200) {
    const words = modelWords(body);
    const answered = notReady(`the model server answered HTTP ${status}${words === "" ? "" : `: ${words}`}`);
    return status === 404 ? { ...answered, unanswered: true } : answered;
  }
  let answer: unknown;
  try {
    answer = parseAnswer(body);
  } catch {
    return notReady("the model server answered with something other than JSON");
  }
  const { ready, model_version_status: versions } = (answer ?? {}) as Record<string, unknown>;
  if (Array.isArray(versions)) {
    const states = versions
      .map((version) => (version as { state?: unknown } | null)?.state)
      .filter((state) => typeof state === "string");
    return states.includes("AVAILABLE")
      ? { state: "ready", reason: "", checkTime }
      : notReady(`no version is AVAILABLE${states.length > 0 ? ` (${states.join(", ").slice(0, 200)})` : ""}`);
  }
  // "ready" has also been seen as the text "True".
  if (ready === false || (typeof ready === "string" && ready.toLowerCase() === "false")) {
    return notReady("the model server says that it is not ready");
  }
  return { state: "ready", reason: "", checkTime };
}
