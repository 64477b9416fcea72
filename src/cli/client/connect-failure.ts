import { Code, type ConnectError } from "@connectrpc/connect";
import { printable } from "../output/printable.ts";
import { addressVariable } from "./address.ts";

const startIt = `Start it with \`kserve-model-registry serve\`, or say where it is with --address or ${addressVariable}.`;
const checkAddress = "Check that --address is that of a kserve-model-registry, with http or https as it is served.";
const trustIt = "Name the certificate authority of the server with --ca-file.";

/** What the code of a system, TLS or HTTP/2 error means, behind "the server at ADDRESS", and what to do. */
const meanings: Readonly<Record<string, readonly [what: string, toDo: string]>> = {
  ECONNREFUSED: ["cannot be reached: the connection was refused", startIt],
  ENOTFOUND: ["cannot be reached: its name is not known", "Check --address, and the name resolution here."],
  EAI_AGAIN: ["cannot be reached: its name cannot be looked up now", "Try again, or check the name resolution here."],
  EHOSTUNREACH: ["cannot be reached: there is no way to its address", "Check --address, and the network."],
  ENETUNREACH: ["cannot be reached: there is no way to its network", "Check --address, and the network."],
  ETIMEDOUT: ["cannot be reached: the connection did not open in time", "Check --address, and firewalls on the way."],
  ECONNRESET: ["broke the connection", checkAddress],
  ERR_HTTP2_ERROR: ["does not speak HTTP/2, which gRPC needs", checkAddress],
  ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL: ["does not speak HTTP/2, which gRPC needs", checkAddress],
  ERR_SSL_WRONG_VERSION_NUMBER: ["does not speak TLS", "Use http:// in --address."],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ["does not speak TLS", "Use http:// in --address."],
  ERR_TLS_CERT_ALTNAME_INVALID: ["has a certificate for another name", "Use the name of its certificate in --address."],
  CERT_HAS_EXPIRED: ["has a certificate that has expired", "Renew it on the server."],
  DEPTH_ZERO_SELF_SIGNED_CERT: ["has a certificate that is not trusted here", trustIt],
  SELF_SIGNED_CERT_IN_CHAIN: ["has a certificate that is not trusted here", trustIt],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ["has a certificate that is not trusted here", trustIt],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ["has a certificate that is not trusted here", trustIt],
  UNABLE_TO_GET_ISSUER_CERT: ["has a certificate that is not trusted here", trustIt],
};

/** A call that did not come through to the service, as two lines: what happened, and what to do. */
export function connectFailureLines(error: ConnectError, address: string): string[] {
  const [what, toDo] = codesOf(error)
    .map((code) => meanings[code])
    .find((meaning) => meaning !== undefined) ?? [otherwise(error), checkAddress];
  return [`The server at ${address} ${what}.`, toDo];
}

function otherwise(error: ConnectError): string {
  // Nobody here cancels a call and then looks at its error: this is a connection that was closed under it.
  if (error.code === Code.Canceled || error.code === Code.Aborted) return "closed the connection before it answered";
  return `failed: ${printable(error.rawMessage).replace(/\.$/, "")}`;
}

/** The codes along the causes of an error. A failure on several addresses carries those of each. */
function codesOf(error: unknown): string[] {
  const codes: string[] = [];
  const waiting: unknown[] = [error];
  while (waiting.length > 0 && codes.length < 32) {
    const next = waiting.shift();
    if (!(next instanceof Error)) continue;
    const { code, cause, errors } = next as { code?: unknown; cause?: unknown; errors?: unknown };
    codes.push(typeof code === "string" ? code : "");
    waiting.push(...(Array.isArray(errors) ? errors : []), cause);
  }
  return codes;
}
