import { formatDuration } from "../base/duration.ts";
import { nearest } from "../base/nearest.ts";
import type { ExchangeResponse } from "../upstream/http/exchange.ts";
import { codeOf, failureWords } from "../upstream/http/upstream-error.ts";
import { readinessFromResponse } from "../upstream/v1/readiness-answer.ts";
import { Finding, NothingToTry } from "./examination.ts";
import type { ExaminedModel } from "./examined-model.ts";

/** Asks the server whether the model is ready. */
export async function examineReadiness(examined: ExaminedModel): Promise<string> {
  const { model, registry } = examined;
  const { status, body } = await get(examined, `/v1/models/${encodeURIComponent(model.model)}`);
  if (status === 404) throw new NothingToTry("the server does not know the model under this name");
  if (status === 401 || status === 403) {
    throw new Finding(`the server answers HTTP ${status}: it wants other credentials`, credentialsHint);
  }
  if (status >= 300 && status < 400) {
    throw new Finding(
      `the server answers HTTP ${status}: it sends callers elsewhere, and redirects are not followed`,
      "Write the address that it leads to into the url of the entry.",
    );
  }
  examined.pathKnown = true;
  const readiness = readinessFromResponse(status, body);
  if (readiness.state !== "ready") {
    const known = registry.readiness(model.name).reason;
    const why = known !== "" && known !== "not checked yet" && known !== readiness.reason ? ` (${known})` : "";
    throw new Finding(
      `${readiness.reason}${why}`,
      `It may still be loading: \`kubectl describe inferenceservice -n ${model.namespace}\` and the log of its pod say why.`,
    );
  }
  return "ready";
}

/** Sees whether the server knows the model under the name that the entry gives. */
export async function examinePath(examined: ExaminedModel): Promise<string> {
  const { model } = examined;
  const path = `/v1/models/${model.model}`;
  if (examined.pathKnown) return path;
  const { status, body } = await get(examined, "/v1/models");
  const names = status === 200 ? namesOf(body) : [];
  if (names.length === 0) {
    throw new Finding(
      `the server has nothing under ${path}`,
      "Is this the address of a KServe v1 server? Correct url, service or port of the entry, or its model.",
    );
  }
  const meant = names.length === 1 ? names[0] : nearest(model.model, names);
  throw new Finding(
    `the server has nothing under ${path}; it has ${names.slice(0, 10).join(", ")}`,
    `Set model: ${meant ?? "to one of these names"} in the entry, or correct its service.`,
  );
}

async function get(examined: ExaminedModel, path: string): Promise<ExchangeResponse> {
  try {
    return await examined.inspector.get(examined.model, path);
  } catch (error) {
    const code = codeOf((error as Error).cause ?? error);
    if (code === "") throw new Finding((error as Error).message, "Correct what the entry says of its credentials.");
    throw new Finding(
      code === "ETIMEDOUT" ? `no answer within ${formatDuration(examined.timeoutMs)}` : failureWords(code),
      "Something listens there, but not as a model server does: is the port the right one, and the protocol http or https?",
    );
  }
}

function namesOf(body: Uint8Array): string[] {
  try {
    const { models } = JSON.parse(Buffer.from(body).toString()) as { models?: unknown };
    return Array.isArray(models) ? models.filter((name) => typeof name === "string") : [];
  } catch {
    return [];
  }
}

const credentialsHint =
  "Give the entry a tokenFile (a mounted token that the server takes), a client certificate, or forwardAuthorization: true " +
  "when it wants the token of the caller.";
