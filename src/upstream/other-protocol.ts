import type { Cancellation } from "../base/cancellation.ts";
import type { ModelProtocol, RegisteredModel } from "../registry/model.ts";
import { ExchangeFailure } from "./http/exchange.ts";
import { codeOf } from "./http/upstream-error.ts";
import type { Protocol, ReadinessAnswer } from "./protocol.ts";

/** What a server says of a path that it does not have. */
const unknownPath: ReadonlySet<number> = new Set([400, 404]);
/** Failures of connections whose server speaks another version of HTTP than the protocol needs. */
const otherHttp: ReadonlySet<string> = new Set(["ERR_NOT_HTTP1", "ERR_NOT_HTTP2", "ERR_HTTP2_NOT_BEGUN"]);

/**
 * The protocol that a model's server actually speaks, where it does not know the model in the one that its entry names.
 *
 * @param found the result of the readiness check: an answer, or the error
 * @param others the protocols to try, the likelier first
 * @returns undefined where it speaks the named protocol, or none of the others
 */
export async function otherProtocol(
  model: RegisteredModel,
  found: ReadinessAnswer | Error,
  others: ReadonlyMap<ModelProtocol, Protocol>,
  cancellation: Cancellation<Error>,
): Promise<ModelProtocol | undefined> {
  for (const [name, protocol] of others) {
    if (!couldBe(name, model.protocol, found)) continue;
    try {
      const { status, readiness } = await protocol.askReadiness(model, cancellation);
      if (status === 200 && readiness.state === "ready") return name;
    } catch {
      // What was found first is reported.
    }
  }
  return undefined;
}

/** Whether two protocols never share a port: gRPC is HTTP/2 alone, and REST is spoken over HTTP/1.1. */
export function needOtherPorts(one: ModelProtocol, other: ModelProtocol): boolean {
  return (one === "grpc-v2") !== (other === "grpc-v2");
}

function couldBe(name: ModelProtocol, own: ModelProtocol, found: ReadinessAnswer | Error): boolean {
  if (!(found instanceof Error)) return unknownPath.has(found.status) && name !== own && !needOtherPorts(name, own);
  return found instanceof ExchangeFailure && otherHttp.has(codeOf(found.cause)) && needOtherPorts(name, own);
}
