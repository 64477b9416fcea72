import { onTestFinished } from "vitest";
import { createMetrics } from "../../src/api/metrics/metrics.ts";
import { createCallLog } from "../../src/compose/call-log.ts";
import { createRequestHandler } from "../../src/compose/request-handler.ts";
import { createListener } from "../../src/listen/listener.ts";
import { noLoad } from "../../src/predict/limits/bulkhead.ts";
import { MemoryBudget } from "../../src/registry/memory-budget.ts";
import { type CapturedLog, captureLog } from "./captured-log.ts";
import { expectNoSockets } from "./open-sockets.ts";
import { createParts } from "./parts.ts";

/** What the fault of a faulty server says, which no caller may see. */
export const secretOfFault = "getaddrinfo ENOTFOUND db.internal.example";

/** A server with a fault of its own: every readiness check throws what no part of it expects. */
export async function startFaultyServer(leanPath = true): Promise<{ url: string; log: CapturedLog }> {
  const log = captureLog();
  const check = async (): Promise<void> => {
    throw new Error(secretOfFault);
  };
  const memory = new MemoryBudget(Number.POSITIVE_INFINITY);
  const { rpc, registry, pipeline } = createParts({ check });
  const handler = createRequestHandler({
    rpc,
    rest: {
      registry,
      pipeline,
      check,
      stopping: rpc.stopping,
      notReadyReason: () => undefined,
      metrics: async () => ({ contentType: "text/plain", body: new Uint8Array() }),
      memory,
      maxRequestBytes: 1024,
      maxRecordBytes: 1024,
      bodyTimeoutMs: 60_000,
      maxMessageValues: 50_000,
    },
    metrics: createMetrics({ registry, loadOf: () => noLoad, maxModels: 100, more: [] }),
    log: log.log,
    callLog: createCallLog(log.log, false),
    tracing: undefined,
    stopping: rpc.stopping,
    limits: { maxRequestBytes: 1024, maxRecordBytes: 1024, maxQueryBytes: 1024, maxMessageValues: 50_000 },
    bodyTimeoutMs: 60_000,
    memory,
    leanPath,
    corsAllowedOrigins: [],
    guard: undefined,
    maxAnonymousCalls: 512,
  });
  const listener = createListener({}, handler);
  const { port } = await listener.listen(0, "127.0.0.1");
  onTestFinished(async () => {
    await listener.close(1000);
    await expectNoSockets();
  });
  return { url: `http://127.0.0.1:${port}`, log };
}
