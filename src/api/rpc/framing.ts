/** How the messages of an RPC are framed. */
export type Framing = "grpc" | "grpc-web" | "connect-unary" | "connect-stream";

/** The framing that a content type names; what is no other is a unary call of Connect, whose errors are JSON. */
export function framingOf(contentType: string): Framing {
  if (contentType.startsWith("application/grpc-web")) return "grpc-web";
  if (contentType.startsWith("application/grpc")) return "grpc";
  return contentType.startsWith("application/connect+") ? "connect-stream" : "connect-unary";
}

/** The content type of an answer of gRPC or gRPC-Web to a request of this type. */
export function grpcAnswerType(framing: "grpc" | "grpc-web", contentType: string): string {
  return `application/${framing}+${contentType.includes("+json") ? "json" : "proto"}`;
}
