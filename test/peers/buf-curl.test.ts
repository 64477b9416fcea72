/** `buf curl` finds everything out by reflection: no schema is given to it. */
import { describe, expect, inject, it } from "vitest";
import { programs } from "./support/paths.ts";
import { oddRow, service, services, shortDiskRow, shortRow } from "./support/requests.ts";
import { run } from "./support/run.ts";

const url = inject("registryUrl");
const methods = [`${service}/ListModels`, `${service}/GetModel`, `${service}/Predict`, `${service}/WatchModels`];

const bufCurl = (...args: string[]) => run(programs.buf, ["curl", ...args], { cwd: "/" });

/** Ways to ask: the protocol of the calls, the version of reflection, and HTTP/2 without and HTTP/1.1 with upgrade. */
const ways: string[][] = [
  ["--http2-prior-knowledge", "--protocol", "grpc"],
  ["--http2-prior-knowledge", "--protocol", "grpcweb"],
  ["--http2-prior-knowledge", "--protocol", "connect"],
  ["--http2-prior-knowledge", "--protocol", "grpc", "--reflect-protocol", "grpc-v1alpha"],
  ["--protocol", "connect"],
];

describe.each(ways.map((flags) => [flags.join(" "), flags] as const))("buf curl %s", (_, flags) => {
  it("lists the services", async () => {
    const { code, stdout, stderr } = await bufCurl(...flags, "--list-services", url);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout.trim().split("\n")).toEqual(expect.arrayContaining(services));
  });

  it("lists the methods", async () => {
    const { code, stdout } = await bufCurl(...flags, "--list-methods", url);
    expect(code).toBe(0);
    expect(stdout.split("\n")).toEqual(expect.arrayContaining(methods));
  });

  it("gets a prediction", async () => {
    const { code, stdout } = await bufCurl(...flags, "--data", oddRow, `${url}/${service}/Predict`);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ predictions: [-1], modelName: "anomaly-detector" });
  });

  it("shows the model's own words when it fails", async () => {
    const { code, stderr } = await bufCurl(...flags, "--data", shortRow, `${url}/${service}/Predict`);
    expect(code).not.toBe(0);
    const error = JSON.parse(stderr);
    expect(error.code).toBe("internal");
    expect(error.message).toContain("X has 2 features, but IsolationForest is expecting 3 features as input.");
  });

  it("shows which row does not fit the declared features", async () => {
    const { code, stderr } = await bufCurl(...flags, "--data", shortDiskRow, `${url}/${service}/Predict`);
    expect(code).not.toBe(0);
    const error = JSON.parse(stderr);
    expect(error.code).toBe("invalid_argument");
    expect(error.message).toContain("disk_utilization, iops, disk_age_days");
    expect(error.details.map((detail: { type: string }) => detail.type)).toEqual(
      expect.arrayContaining(["google.rpc.ErrorInfo", "google.rpc.BadRequest"]),
    );
  });
});

it("buf curl reads a stream until the marker", async () => {
  // The watch does not end by itself, and buf curl has no limit of its own.
  const args = ["curl", "--http2-prior-knowledge", "--protocol", "grpc", "--data", '{"namespace": "forecasting"}'];
  const { stdout } = await run(programs.buf, [...args, `${url}/${service}/WatchModels`], { timeoutMs: 2_000 });
  expect(stdout).toContain("predictive-analytics");
  expect(stdout).toContain("WATCH_EVENT_SYNCED");
});
