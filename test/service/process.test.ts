import { describe, expect, it, onTestFinished } from "vitest";
import type { Env } from "../../src/config/config.ts";
import { type ChildService, startChildService } from "../support/child-service.ts";
import { clientOf, rows } from "../support/clients.ts";
import { delayed, hang, predict } from "../support/fake-upstream.ts";
import { send } from "../support/http-client.ts";
import { expectNoSockets } from "../support/open-sockets.ts";
import { wayNamed } from "../support/predict-forms.ts";
import { model } from "../support/running-service.ts";
import { until } from "../support/until.ts";

async function startProcess(env: Env = {}): Promise<ChildService> {
  const service = await startChildService({ env: { SHUTDOWN_GRACE: "5s", ...env } });
  onTestFinished(async () => {
    await service.close();
    await expectNoSockets();
  });
  return service;
}

const grpc = wayNamed("grpc/2");

describe("the process of a server", () => {
  it("says on standard output, in lines of JSON, what it serves and where", async () => {
    const { lines, port, stderr } = await startProcess();
    expect(lines.map(({ msg }) => msg)).toEqual([
      `Registered KServe model: ${model}`,
      "Loaded 1 models from registry",
      expect.stringContaining(`127.0.0.1:${port}`),
    ]);
    expect(stderr()).toBe("");
  });

  it.each(["SIGTERM", "SIGINT"] as const)("ends with 0 by %s, once calls under way are finished", async (signal) => {
    const service = await startProcess();
    service.upstream.onPredict(model, delayed(300, predict([7])));
    const call = clientOf(grpc, service.url).predict(rows(model, [1]));
    await until(() => service.upstream.predictions.length > 0);
    service.child.kill(signal);
    expect((await call).modelName).toBe(model);
    expect(await service.exit).toBe(0);
    expect(service.lines.at(-1)?.msg).toBe("Stopped");
    expect(service.stderr()).toBe("");
  });

  it("ends with 0 when the grace is over, with the call cut", async () => {
    const service = await startProcess({ SHUTDOWN_GRACE: "200ms" });
    service.upstream.onPredict(model, hang());
    const call = clientOf(grpc, service.url).predict(rows(model, [1]));
    const cut = expect(call).rejects.toThrow();
    await until(() => service.upstream.predictions.length > 0);
    service.child.kill("SIGTERM");
    expect(await service.exit).toBe(0);
    await cut;
    expect(service.stderr()).toBe("");
  });

  it("keeps serving while its log is not read, and keeps the log for a later reader", async () => {
    const { child, lines, url } = await startProcess();
    const calls = 2000;
    // More than what fits into the pipe between the two.
    child.stdout!.pause();
    for (let i = 0; i < calls; i += 50) {
      const some = Array.from({ length: 50 }, () => send("1.1", { url, path: "/api/v1/models" }));
      for (const { status } of await Promise.all(some)) expect(status).toBe(200);
    }
    child.stdout!.resume();
    const written = (): number => lines.filter(({ method }) => method === "GET /api/v1/models").length;
    await until(() => written() >= calls, "all lines come");
    expect(written()).toBe(calls);
  });

  it("ends the hard way by a second signal", async () => {
    const service = await startProcess();
    service.upstream.onPredict(model, hang());
    const call = clientOf(grpc, service.url).predict(rows(model, [1]));
    const cut = expect(call).rejects.toThrow();
    await until(() => service.upstream.predictions.length > 0);
    service.child.kill("SIGTERM");
    await until(() => service.lines.some(({ msg }) => msg.startsWith("Stopping")));
    service.child.kill("SIGTERM");
    expect(await service.exit).toBe("SIGTERM");
    await cut;
  });
});
