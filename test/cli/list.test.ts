import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { describe, expect, it } from "vitest";
import { ModelSchema } from "../../gen/kserve/registry/v1/model_pb.ts";
import { startRegistry } from "../support/running-service.ts";
import { startFakeRegistry } from "./support/fake-registry.ts";
import { runCli } from "./support/run-cli.ts";

const models = [
  { name: "anomaly-detector", triggers: ["resource_spike"] },
  { name: "disk-failure-predictor", type: "classification", namespace: "storage" },
];

describe("list", () => {
  it("shows the models in a table by name", async () => {
    const { url } = await startRegistry({ models });
    const { status, out, err } = await runCli(["list", "--address", url]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out.replaceAll(/\d+s$/gm, "0s").split("\n")).toEqual([
      "NAME                     TYPE             NAMESPACE               STATE     SOURCE        AGE",
      "anomaly-detector         anomaly          self-healing-platform   unknown   environment   0s",
      "disk-failure-predictor   classification   storage                 unknown   environment   0s",
      "",
    ]);
  });

  it("writes the JSON of the contract, with empty fields, for scripts", async () => {
    const { url } = await startRegistry({ models });
    const { out } = await runCli(["list", "--address", url, "-o", "json"]);
    expect(JSON.parse(out)).toMatchObject({
      models: [
        { name: "anomaly-detector", type: "MODEL_TYPE_ANOMALY", triggers: [{ name: "resource_spike" }] },
        { name: "disk-failure-predictor", triggers: [], state: "MODEL_STATE_UNKNOWN", description: "" },
      ],
      totalSize: 2,
    });
  });

  it.each([
    ["--type", "classification", ["disk-failure-predictor"]],
    ["--namespace", "storage", ["disk-failure-predictor"]],
    ["--trigger", "resource_spike", ["anomaly-detector"]],
    ["--type", "predictive", []],
  ])("takes %s %s", async (option, value, names) => {
    const { url } = await startRegistry({ models });
    const { status, out } = await runCli(["list", "--address", url, "-o", "json", option, value]);
    expect(status).toBe(0);
    expect((JSON.parse(out) as { models: { name: string }[] }).models.map(({ name }) => name)).toEqual(names);
  });

  it("says on standard error that nothing matches, with exit status 0", async () => {
    const { url } = await startRegistry({ models });
    expect(await runCli(["list", "--address", url, "--type", "predictive", "--trigger", "x"])).toEqual({
      status: 0,
      out: "",
      err: "No model matches --type predictive --trigger x.\n",
    });
  });

  it("says on standard error that there is nothing, and keeps the list in JSON", async () => {
    const { url } = await startRegistry({ env: { ENABLE_KSERVE_INTEGRATION: "false" } });
    const { status, out, err } = await runCli(["list", "--address", url, "-o", "json"]);
    expect({ status, err }).toEqual({ status: 0, err: `No models are registered at ${url}.\n` });
    expect(JSON.parse(out)).toMatchObject({ models: [], totalSize: 0 });
  });

  it("pages through everything", async () => {
    const pages: string[] = [];
    const address = await startFakeRegistry({
      listModels({ pageToken, type }) {
        pages.push(`${pageToken}/${type}`);
        const page = pages.length;
        return { models: [{ name: `model-${page}` }], nextPageToken: page < 3 ? `after-${page}` : "" };
      },
    });
    const { out } = await runCli(["list", "--address", address, "--type", "anomaly", "-o", "json"]);
    expect(JSON.parse(out)).toMatchObject({
      models: [{ name: "model-1" }, { name: "model-2" }, { name: "model-3" }],
      nextPageToken: "",
      totalSize: 3,
    });
    expect(pages).toEqual(["/1", "after-1/1", "after-2/1"]);
  });

  it("shows a dash for what is not known, and no control characters", async () => {
    const updateTime = timestampFromMs(Date.now() - 3 * 86_400_000);
    const model = create(ModelSchema, { name: "a", namespace: "\u001b[31mred\nline", updateTime });
    const address = await startFakeRegistry({ listModels: () => ({ models: [model] }) });
    const { out } = await runCli(["list", "--address", address]);
    expect(out.split("\n")[1]).toMatch(/^a +- +\\u001b\[31mred\\nline +- +- +3d$/);
  });

  it.each([
    ["host:port", (url: string) => ["--address", new URL(url).host], {}],
    ["the variable", () => [], "variable"],
  ])("finds the server by %s", async (_, args, env) => {
    const { url } = await startRegistry({ models });
    const { status, out } = await runCli(["list", ...args(url)], {
      env: env === "variable" ? { KSERVE_MODEL_REGISTRY_ADDRESS: url } : {},
    });
    expect(status).toBe(0);
    expect(out).toContain("anomaly-detector");
  });

  it("prefers --address to the variable", async () => {
    const { url } = await startRegistry({ models });
    const env = { KSERVE_MODEL_REGISTRY_ADDRESS: "http://127.0.0.1:1" };
    expect((await runCli(["list", "--address", url], { env })).status).toBe(0);
  });
});
