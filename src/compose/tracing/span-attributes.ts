import type { Attributes } from "@opentelemetry/api";
import type { Call } from "../../api/call.ts";
import type { HttpRequest, HttpResponse } from "../../api/http.ts";
import type { Outcome } from "../../api/outcome.ts";
import { pathOf } from "../../api/request-path.ts";
import type { RegisteredModel } from "../../registry/model.ts";

/*
 * What spans say of calls, by OpenTelemetry's semantic conventions 1.45 for RPC and HTTP:
 * https://opentelemetry.io/docs/specs/semconv/rpc/ and https://opentelemetry.io/docs/specs/semconv/http/http-spans/
 */

/** What is known of a call when it begins. */
export function attributesOfRequest(call: Call, request: HttpRequest): Attributes {
  const { socket, headers } = request;
  const attributes: Attributes = {
    "network.protocol.version": request.httpVersion === "2.0" ? "2" : request.httpVersion,
  };
  if (socket.remoteAddress !== undefined) attributes["client.address"] = socket.remoteAddress;
  if (headers["user-agent"] !== undefined) attributes["user_agent.original"] = headers["user-agent"];
  if (call.protocol === "http") {
    attributes["http.request.method"] = request.method ?? "GET";
    attributes["url.path"] = pathOf(request);
    attributes["url.scheme"] = "encrypted" in socket ? "https" : "http";
  } else {
    attributes["rpc.system.name"] = call.protocol === "connect" ? "connectrpc" : "grpc";
    attributes["rpc.method"] = call.method;
  }
  return attributes;
}

/** Adds what is known of a call when it has ended. */
export function addOutcome(
  attributes: Attributes,
  call: Call,
  { outcome, failed }: Outcome,
  response: HttpResponse,
): void {
  attributes["kserve.registry.request_id"] = call.requestId;
  if (call.model !== undefined) {
    attributes["kserve.registry.model"] = call.model.name;
    attributes["kserve.registry.namespace"] = call.model.namespace;
  }
  if (failed) attributes["error.type"] = call.reason ?? outcome;
  if (call.protocol === "http") {
    attributes["http.response.status_code"] = response.statusCode;
    if (call.method !== "unknown") attributes["http.route"] = call.method.replace(/^\S+ /, "");
  } else {
    attributes["rpc.response.status_code"] = statusName(call, outcome);
  }
}

/** What is known of a call to a model server when it begins. */
export function attributesOfUpstream(model: RegisteredModel, path: string): Attributes {
  const url = new URL(model.address.url + path);
  return {
    "http.request.method": "POST",
    "server.address": url.hostname,
    "server.port": Number(url.port) || (url.protocol === "https:" ? 443 : 80),
    "url.full": url.href,
    "kserve.registry.model": model.name,
    "kserve.registry.namespace": model.namespace,
  };
}

/** The codes of gRPC that are faults of the server: those that the conventions name. */
const serverErrors: ReadonlySet<string> = new Set([
  "unknown",
  "deadline_exceeded",
  "unimplemented",
  "internal",
  "unavailable",
  "data_loss",
]);

/** Whether the span of a call ends as an error: a caller's fault is none of the server's. */
export function isServerError(call: Call, { outcome }: Outcome, response: HttpResponse): boolean {
  return call.protocol === "http" ? response.statusCode >= 500 && outcome !== "499" : serverErrors.has(outcome);
}

/** As the protocol writes it: `INVALID_ARGUMENT` in gRPC, `invalid_argument` in Connect. */
function statusName({ protocol }: Call, outcome: string): string {
  if (protocol === "connect") return outcome;
  return outcome === "canceled" ? "CANCELLED" : outcome.toUpperCase();
}
