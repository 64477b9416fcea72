import type { UniversalHandler } from "@connectrpc/connect/protocol";
import { RegistryError } from "../../registry/registry-error.ts";
import type { HttpRequest } from "../http.ts";

/** Why a request was refused by its head alone, and what helps. */
export interface HeadRefusal {
  readonly error: RegistryError;
  readonly headers: Readonly<Record<string, string>>;
}

const grpcTypes = ["application/grpc", "application/grpc-web+proto"] as const;
const takenTypes = {
  unary: ["application/json", "application/proto", ...grpcTypes],
  stream: ["application/connect+json", "application/connect+proto", ...grpcTypes],
} as const;

/** Puts into words what Connect refuses with nothing but an HTTP status; undefined for every other status. */
export function refusalOf(
  status: number,
  { method, allowedMethods }: Pick<UniversalHandler, "method" | "allowedMethods">,
  request: HttpRequest,
): HeadRefusal | undefined {
  switch (status) {
    case 405: {
      const allow = allowedMethods.join(", ");
      return refusal(`${request.method} is not allowed here; use ${allowedMethods.join(" or ")}`, { allow });
    }
    case 415: {
      const taken = takenTypes[method.methodKind === "unary" ? "unary" : "stream"];
      const said = request.headers["content-type"];
      return refusal(request.method === "GET" ? wordsOfQuery : wordsOfType(said, taken[0]), {
        "accept-post": taken.join(", "),
      });
    }
    case 505:
      return refusal(`${method.name} streams both ways, which needs HTTP/2`, {});
    default:
      return undefined;
  }
}

const wordsOfQuery = "The query names no encoding of its message; send ?encoding=json&message=%7B%7D";

function wordsOfType(said: string | undefined, taken: string): string {
  const help = `send content-type: ${taken}`;
  if (said === undefined) return `The request has no content-type; ${help}`;
  const named = `content-type ${said.slice(0, 80)} is not supported`;
  if (said.startsWith("application/grpc-web-text")) {
    return `${named}: gRPC-Web is supported only in binary; generate the client with mode=grpcweb, or send content-type: application/grpc-web+proto`;
  }
  return /;\s*charset=/i.test(said) ? `${named}; ${help}, as UTF-8` : `${named}; ${help}`;
}

function refusal(message: string, headers: HeadRefusal["headers"]): HeadRefusal {
  return { error: new RegistryError("INVALID_REQUEST", message), headers };
}
