import { compressionBrotli, compressionGzip } from "@connectrpc/connect-node";

/** The compressions that requests may come in and answers may go out with. */
export const compressions = [compressionGzip, compressionBrotli] as const;
