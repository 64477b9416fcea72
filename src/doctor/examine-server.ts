import { Cancellation } from "../base/cancellation.ts";
import { formatDuration } from "../base/duration.ts";
import { nearest } from "../base/nearest.ts";
import type { ModelProtocol } from "../registry/model.ts";
import { protocolRemedy } from "../upstream/by-protocol.ts";
import { statusMeaning } from "../upstream/http/status-meaning.ts";
import { codeOf, failureWords } from "../upstream/http/upstream-error.ts";
import type { Protocol, ReadinessAnswer } from "../upstream/protocol.ts";
import { type ExaminedModel, Finding, NothingToTry } from "./examination.ts";

/** Asks the server whether the model is ready. */
export async function examineReadiness(examined: ExaminedModel): Promise<string> {
  const { model, registry, upstream } = examined;
  const { status, location, readiness } = await ask(examined, async (protocol, cancellation) => {
    const found = await protocol.askReadiness(model, cancellation).catch((error: Error) => error);
    const spoken = await upstream.otherProtocol(model, found, cancellation);
    if (spoken !== undefined) throw otherProtocolFinding(examined, found, spoken);
    if (found instanceof Error) throw found;
    return found;
  });
  if (status === 404) throw new NothingToTry("the server does not know the model under this name");
  if (status === 401 || status === 403) {
    throw new Finding(`the server answers HTTP ${status}: it requires other credentials`, credentialsHint);
  }
  if (status >= 300 && status < 400) {
    const { says, hint } = statusMeaning(status, location)!;
    throw new Finding(`the server ${says} (HTTP ${status})${location === undefined ? "" : `: ${location}`}`, hint);
  }
  examined.pathKnown = true;
  if (readiness.state !== "ready") {
    const known = registry.readiness(model.key).reason;
    const why = known !== "" && known !== "not checked yet" && known !== readiness.reason ? ` (${known})` : "";
    throw new Finding(
      `${readiness.reason}${why}`,
      `It may still be loading: \`kubectl describe inferenceservice -n ${model.namespace}\` and the log of its pod say why.`,
    );
  }
  return "ready";
}

/** Checks whether the server knows the model under the name that the entry gives. */
export async function examinePath(examined: ExaminedModel): Promise<string> {
  const { model, upstream } = examined;
  const protocol = upstream.of(model);
  const path = protocol.modelPath(model);
  if (examined.pathKnown) return path;
  const names = await ask(examined, (_, cancellation) => protocol.askNames(model, cancellation));
  if (names.length === 0) {
    throw new Finding(
      `the server has nothing under ${path}`,
      `Is this the address of a ${protocol.title} server? Correct url, service or port of the entry, or its model.`,
    );
  }
  if (examined.discreet) {
    throw new Finding(
      `the server has nothing under ${path}; it has ${names.length} other ${names.length === 1 ? "model" : "models"}`,
      "Set the entry's model to the server's name for it, or correct its service.",
    );
  }
  const meant = names.length === 1 ? names[0] : nearest(model.model, names);
  throw new Finding(
    `the server has nothing under ${path}; it has ${names.slice(0, 10).join(", ")}`,
    `Set model: ${meant ?? "to one of these names"} in the entry, or correct its service.`,
  );
}

function otherProtocolFinding(
  { model, upstream }: ExaminedModel,
  found: ReadinessAnswer | Error,
  spoken: ModelProtocol,
): Finding {
  const status = found instanceof Error ? "" : ` (HTTP ${found.status})`;
  const remedy = protocolRemedy(model, spoken);
  return new Finding(
    `the server does not speak the ${upstream.of(model).title} of the entry${status}, but ${spoken}`,
    `${remedy[0]!.toUpperCase()}${remedy.slice(1)}.`,
  );
}

/** Asks the server a question, within the time of a step. */
async function ask<T>(
  { model, upstream, timeoutMs }: ExaminedModel,
  question: (protocol: Protocol, cancellation: Cancellation<Error>) => Promise<T>,
): Promise<T> {
  const cancellation = new Cancellation<Error>();
  const late = Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" });
  const timer = setTimeout(() => cancellation.cancel(late), timeoutMs);
  try {
    return await question(upstream.of(model), cancellation);
  } catch (error) {
    if (error instanceof Finding) throw error;
    const code = codeOf((error as Error).cause ?? error);
    if (code === "") throw new Finding((error as Error).message, "Correct the credentials in the entry.");
    throw new Finding(
      code === "ETIMEDOUT" ? `no answer within ${formatDuration(timeoutMs)}` : failureWords(code),
      "Something listens there, but does not answer like a model server: check the port, and whether it needs http or https.",
    );
  } finally {
    clearTimeout(timer);
  }
}

const credentialsHint =
  "Give the entry a tokenFile (a mounted token that the server accepts), a client certificate, or forwardAuthorization: true " +
  "if it needs the caller's token.";
