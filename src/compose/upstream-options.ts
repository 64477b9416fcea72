import type { Config } from "../config/config.ts";
import type { MemoryBudget } from "../registry/memory-budget.ts";
import type { ModelClientOptions } from "../upstream/http/model-client.ts";
import type { TlsClientFiles } from "../upstream/http/tls-client.ts";

/** How model servers are spoken to, as the environment says. */
export function upstreamOptions(config: Config, tls: TlsClientFiles, memory: MemoryBudget): ModelClientOptions {
  return {
    connectTimeoutMs: config.connectTimeoutMs,
    idleTimeoutMs: config.idleTimeoutMs,
    maxResponseBytes: config.maxResponseBytes,
    tls,
    retries: { share: config.retryBudget / 100 },
    memory,
  };
}
