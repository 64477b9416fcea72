import type { Cancellation } from "../base/cancellation.ts";
import type { ModelProtocol, RegisteredModel } from "../registry/model.ts";
import type { Protocol, ReadinessAnswer } from "./protocol.ts";

/** What a server says of a path that it does not have. */
const unknownPath: ReadonlySet<number> = new Set([400, 404]);

/**
 * The protocol that the server of a model does speak, where it does not know the model in the one that its entry names.
 *
 * @param answer what it answered when it was asked whether the model is ready
 * @param others the protocols that may be tried on the same port
 * @returns undefined where it speaks the one that it should, or none of the others
 */
export async function otherProtocol(
  model: RegisteredModel,
  answer: ReadinessAnswer,
  others: ReadonlyMap<ModelProtocol, Protocol>,
  cancellation: Cancellation<Error>,
): Promise<ModelProtocol | undefined> {
  if (!unknownPath.has(answer.status)) return undefined;
  for (const [name, protocol] of others) {
    if (name === model.protocol) continue;
    try {
      const { status, readiness } = await protocol.askReadiness(model, cancellation);
      if (status === 200 && readiness.state === "ready") return name;
    } catch {
      // What was found first is reported.
    }
  }
  return undefined;
}
