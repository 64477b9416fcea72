import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { answer } from "../support/fake-upstream.ts";
import { startRegistry } from "../support/running-service.ts";
import { runCli } from "./support/run-cli.ts";

const diskFailure = {
  name: "disk-failure-predictor",
  type: "classification",
  namespace: "storage",
  description: "Says which disk\nfails next",
  inputFeatures: ["disk_utilization", "owner's iops"],
  triggers: ["nightly", { type: "metric-threshold", metric: "disk_utilization", threshold: 85 }],
  outputFormat: { field: "failure_probability", threshold: 0.7 },
  remediationActions: [{ type: "alert", severity: "warning", target: "on-call", channel: "#disks" }],
};

describe("get", () => {
  it("describes a model: what it is, where it is called and why, where it comes from, what it takes", async () => {
    const { url, upstream } = await startRegistry({ models: [diskFailure] });
    const { status, out, err } = await runCli(["get", "disk-failure-predictor", "--address", url]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    const fixed = out.replaceAll(upstream.url, "http://upstream").replaceAll(/\d+s\b/g, "0s");
    expect(fixed.split("\n").filter((line) => !/^(Example|Typed)/.test(line))).toEqual([
      "Name:           disk-failure-predictor",
      "Description:    Says which disk\\nfails next",
      "Type:           classification",
      "Namespace:      storage",
      "State:          ready (checked 0s ago)",
      "Address:        http://upstream/v1/models/disk-failure-predictor:predict",
      "                from the entry's url",
      "Entries:        KSERVE_MODEL_REGISTRY[0] (environment), served, unchanged for 0s",
      "Protocol:       v1",
      "Features:       0  disk_utilization",
      "                1  owner's iops",
      "Output:         failure_probability of a prediction",
      "                needs action if >= 0.7",
      "Triggers:       nightly",
      "                metric-threshold on disk_utilization >= 85",
      'Actions:        alert: severity warning, target on-call, {"channel":"#disks"}',
      "",
    ]);
  });

  it("says why a model is not ready", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onReadiness("anomaly-detector", answer(503, { error: "still loading" }));
    const { out } = await runCli(["get", "anomaly-detector", "--address", url]);
    expect(out).toMatch(
      /^State: +not-ready \(checked \ds ago\)\n +the model server answered HTTP 503: still loading$/m,
    );
  });

  it("says that rows go on as they are where no features are declared", async () => {
    const { url } = await startRegistry();
    const { out } = await runCli(["get", "anomaly-detector", "--address", url]);
    expect(out).toMatch(/^Features: +none declared: rows are passed through unchanged$/m);
  });

  it.each([[[diskFailure]], [[{ name: "disk-failure-predictor" }]]])(
    "gives an example command that works in a shell",
    async (models) => {
      const { url } = await startRegistry({ models });
      const { out } = await runCli(["get", "disk-failure-predictor", "--address", url]);
      const example = /^Example: +kserve-model-registry (.*)$/m.exec(out)?.[1];
      const words = execFileSync("sh", ["-c", `printf '%s\\0' ${example}`], { encoding: "utf8" });
      const args = words.split("\0").slice(0, -1);
      expect(args.slice(0, 2)).toEqual(["predict", "disk-failure-predictor"]);
      expect((await runCli(args)).err).toBe("");
    },
  );

  it("writes the JSON of the contract", async () => {
    const { url } = await startRegistry();
    const { out } = await runCli(["get", "anomaly-detector", "--address", url, "-o", "json"]);
    expect(JSON.parse(out)).toMatchObject({
      model: { name: "anomaly-detector" },
      address: { rule: "ADDRESS_RULE_ENTRY_URL", predictPath: "/v1/models/anomaly-detector:predict" },
      entries: [{ location: "KSERVE_MODEL_REGISTRY[0]", shadowed: false }],
      readiness: { state: "MODEL_STATE_READY", reason: "" },
    });
  });

  it.each([
    [
      "anomaly-detectr",
      /under the name anomaly-detectr; did you mean anomaly-detector\?\n`kserve-model-registry list`/,
    ],
    ["No Name", /^error: name: expected the name of a model: 1 to 63 of/],
  ])("refuses the name %s with exit status 1", async (name, expected) => {
    const { url } = await startRegistry();
    const { status, out, err } = await runCli(["get", name, "--address", url]);
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toMatch(expected);
  });
});
