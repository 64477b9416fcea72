import type { Config } from "../config/config.ts";
import type { MemoryBudget } from "../registry/memory-budget.ts";
import type { TlsClientFiles } from "../upstream/http/tls-client.ts";
import type { KserveV1Options } from "../upstream/v1/kserve-v1.ts";

/** How model servers are spoken to, as the environment says. */
export function upstreamOptions(config: Config, tls: TlsClientFiles, memory: MemoryBudget): KserveV1Options {
  return {
    connectTimeoutMs: config.connectTimeoutMs,
    idleTimeoutMs: config.idleTimeoutMs,
    maxResponseBytes: config.maxResponseBytes,
    tls,
    retries: { share: config.retryBudget / 100 },
    memory,
  };
}
