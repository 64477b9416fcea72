import type { Config } from "../config/config.ts";
import { maxTextValues } from "../predict/limits/value-limits.ts";
import type { MemoryBudget } from "../registry/memory-budget.ts";
import type { UpstreamOptions } from "../upstream/by-protocol.ts";
import type { TlsClientFiles } from "../upstream/http/tls-client.ts";

/** How model servers are spoken to, as the environment says. */
export function upstreamOptions(config: Config, tls: TlsClientFiles, memory: MemoryBudget): UpstreamOptions {
  return {
    connectTimeoutMs: config.connectTimeoutMs,
    idleTimeoutMs: config.idleTimeoutMs,
    maxResponseBytes: config.maxResponseBytes,
    maxJsonDepth: config.maxJsonDepth,
    maxTextValues: maxTextValues(config.maxMessageValues),
    tls,
    retries: { share: config.retryBudget / 100 },
    memory,
  };
}
