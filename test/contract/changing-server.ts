import { onTestFinished } from "vitest";
import { createMetrics } from "../../src/api/metrics/metrics.ts";
import { createCallLog } from "../../src/compose/call-log.ts";
import { createRequestHandler } from "../../src/compose/request-handler.ts";
import { createListener } from "../../src/listen/listener.ts";
import { noLoad } from "../../src/predict/limits/bulkhead.ts";
import { MemoryBudget } from "../../src/registry/memory-budget.ts";
import { captureLog } from "../support/captured-log.ts";
import { expectNoSockets } from "../support/open-sockets.ts";
import { createParts, type Parts, type PartsOptions } from "../support/parts.ts";

/** A server over a real port, whose models a test can change while it runs. */
export async function startChangingServer(options: PartsOptions): Promise<Parts & { readonly url: string }> {
  const parts = createParts(options);
  const { rpc, registry, pipeline } = parts;
  const maxRequestBytes = 1024 * 1024;
  const memory = new MemoryBudget(Number.POSITIVE_INFINITY);
  const handler = createRequestHandler({
    rpc,
    rest: {
      registry,
      pipeline,
      check: rpc.check,
      stopping: rpc.stopping,
      notReadyReason: () => undefined,
      metrics: async () => ({ contentType: "text/plain", body: new Uint8Array() }),
      memory,
      maxRequestBytes,
      maxRecordBytes: maxRequestBytes,
      bodyTimeoutMs: 60_000,
      maxMessageValues: 50_000,
    },
    metrics: createMetrics({ registry, loadOf: () => noLoad, maxModels: 100, more: [] }),
    log: captureLog().log,
    callLog: createCallLog(captureLog().log, false),
    tracing: undefined,
    stopping: rpc.stopping,
    memory,
    leanPath: true,
    limits: { maxRequestBytes, maxRecordBytes: maxRequestBytes, maxQueryBytes: 65_536, maxMessageValues: 50_000 },
    bodyTimeoutMs: 60_000,
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
  return { ...parts, url: `http://127.0.0.1:${port}` };
}
