/**
 * A message as it stands in `grpc-message`. The gRPC specification escapes `%` and what is outside of printable ASCII;
 * some clients show everything else as it comes, so no more is escaped.
 */
export function escapeGrpcMessage(message: string): string {
  return message.toWellFormed().replace(/[^\x20-\x24\x26-\x7e]+/g, encodeURIComponent);
}
