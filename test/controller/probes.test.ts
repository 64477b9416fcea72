import { describe, expect, it, onTestFinished } from "vitest";
import { createProbes } from "../../src/controller/probes.ts";

async function start() {
  let reason: string | undefined = "waiting for the models of model-registration";
  const probes = createProbes({
    notReadyReason: () => reason,
    metrics: async () => ({ contentType: "text/plain; version=0.0.4", body: Buffer.from("up 1\n") }),
  });
  onTestFinished(() => probes.close());
  const { port } = await probes.listen(0, "127.0.0.1");
  const ask = async (path: string, method = "GET"): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    return [response.status, await response.text()];
  };
  return { ask, setReason: (now: string | undefined) => (reason = now) };
}

describe("the probes of the controller", () => {
  it("say that it lives, and why it is not ready until it is", async () => {
    const { ask, setReason } = await start();
    expect(await ask("/livez")).toEqual([200, "ok\n"]);
    expect(await ask("/readyz?verbose")).toEqual([503, "waiting for the models of model-registration\n"]);
    setReason(undefined);
    expect(await ask("/readyz")).toEqual([200, "ok\n"]);
    expect(await ask("/metrics")).toEqual([200, "up 1\n"]);
  });

  it("answer nothing else", async () => {
    const { ask } = await start();
    expect(await ask("/livez", "HEAD")).toEqual([200, ""]);
    expect((await ask("/livez", "POST"))[0]).toBe(405);
    expect((await ask("/api/v1/models"))[0]).toBe(404);
  });
});
