import { describe, expect, it } from "vitest";
import { answer } from "../support/fake-upstream.ts";
import { startRegistry } from "../support/running-service.ts";
import { runCli } from "./support/run-cli.ts";

/** What `doctor -o json` says of one model. */
interface Examined {
  readonly name: string;
  readonly healthy: boolean;
  readonly steps: readonly { outcome: string; detail: string; hint?: string }[];
}

describe("doctor with --address", () => {
  const features = [{ name: "cpu", type: "number" }];

  it("has the server try its models, and shows what it found", async () => {
    const { url, upstream } = await startRegistry({
      models: [
        { name: "well", inputFeatures: features },
        { name: "plain" },
        { name: "broken", inputFeatures: features, url: "http://127.0.0.1:1" },
        { name: "failing", inputFeatures: features },
      ],
    });
    upstream.onPredict("failing", answer(500, { error: "out of memory" }));
    const { status, out } = await runCli(["doctor", "-o", "json", "--address", url], { env: {} });
    const { models } = JSON.parse(out) as { models: Examined[] };
    const outcomes = models.map(({ name, healthy, steps }) => [name, healthy, ...steps.map((step) => step.outcome)]);
    expect(status).toBe(1);
    const [ok, skipped] = ["ok", "skipped"];
    // dns, connect, tls, ready, path and predict; the host is an address, and the address http.
    expect(outcomes).toEqual([
      ["broken", false, skipped, "failed", skipped, skipped, skipped, skipped],
      ["failing", false, skipped, ok, skipped, ok, ok, "failed"],
      ["plain", true, skipped, ok, skipped, ok, ok, skipped],
      ["well", true, skipped, ok, skipped, ok, ok, ok],
    ]);
    expect(models[0]!.steps[1]!.hint).toBeTruthy();
    expect(models[1]!.steps[5]!.detail).toContain("out of memory");
  });

  it("examines one model, and fails in words where the server does not know it or does not answer", async () => {
    const { url } = await startRegistry({ models: [{ name: "plain" }] });
    const one = await runCli(["doctor", "plain", "--address", url], { env: {} });
    expect([one.status, one.out]).toEqual([
      0,
      expect.stringMatching(/^plain {3}http.*\n {2}dns +skipped[\s\S]* {2}ready +ok[\s\S]*1 model, all can be called/),
    ]);
    const unknown = await runCli(["doctor", "plane", "--address", url], { env: {} });
    expect([unknown.status, unknown.err]).toEqual([
      1,
      expect.stringContaining("No model is registered under the name plane"),
    ]);
    const nobody = await runCli(["doctor", "--address", "127.0.0.1:1"], { env: {} });
    expect([nobody.status, nobody.err]).toEqual([1, expect.stringContaining("127.0.0.1:1")]);
    const alone = await runCli(["doctor", "--token-file", "/t"], { env: {} });
    expect([alone.status, alone.err]).toEqual([2, expect.stringContaining("--token-file needs --address")]);
  });
});
