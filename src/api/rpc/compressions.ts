import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";

/** The compressions that requests may come in and answers may go out with. */
export const compressions = [compressionGzip, compressionBrotli] as const;

/** Whether messages may be compressed in a way, by its name. */
export function isRpcCompression(name: string): boolean {
  return compressions.some((compression) => compression.name === name);
}
