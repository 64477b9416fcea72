import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { startChangingServer } from "../contract/changing-server.ts";
import { startCuttableProxy } from "../support/cuttable-proxy.ts";
import { answer } from "../support/fake-upstream.ts";
import { startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { runCli, startCli } from "./support/run-cli.ts";

const models = [
  { name: "anomaly-detector", triggers: ["spike"] },
  { name: "disk-failure-predictor", type: "classification", namespace: "storage" },
];

describe("watch", () => {
  it("prints the models, and then changes as they happen, and ends with exit status 0 when interrupted", async () => {
    const { url, upstream } = await startRegistry({ models });
    upstream.onReadiness("anomaly-detector", answer(503, { error: "loading" }));
    const cli = startCli(["watch", "--address", url]);
    await cli.untilOut("SYNCED");
    await runCli(["get", "anomaly-detector", "--address", url]);
    await cli.untilOut("CHANGED");
    cli.interrupt();
    expect(await cli.status).toBe(0);
    expect(cli.err()).toBe("");
    const lines = cli.out().trimEnd().split("\n");
    expect(lines[0]).toMatch(/^TIME {16} {3}EVENT {5}NAME /);
    expect(lines[1]).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {3}ADDED {5}anomaly-detector +anomaly +unknown +not checked/,
    );
    expect(lines[2]).toContain("disk-failure-predictor");
    expect(lines[3]).toMatch(/SYNCED {4}all current models are listed; changes follow$/);
    expect(lines[4]).toMatch(/CHANGED {3}anomaly-detector +anomaly +not-ready +state, state_reason: .* 503: loading$/);
  });

  it("writes one JSON object per line", async () => {
    const { url } = await startRegistry({ models });
    const cli = startCli(["watch", "--address", url, "-o", "json"]);
    await cli.untilOut("SYNCED");
    cli.interrupt();
    await cli.status;
    const events = cli
      .out()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as unknown);
    expect(events).toMatchObject([
      { event: "WATCH_EVENT_ADDED", model: { name: "anomaly-detector" }, changedFields: [] },
      { event: "WATCH_EVENT_ADDED", model: { name: "disk-failure-predictor" } },
      { event: "WATCH_EVENT_SYNCED", resumeToken: expect.stringMatching(/./) },
    ]);
  });

  it.each([
    ["--type", "anomaly", "anomaly-detector"],
    ["--namespace", "storage", "disk-failure-predictor"],
    ["--trigger", "spike", "anomaly-detector"],
  ])("takes %s %s", async (option, value, name) => {
    const { url } = await startRegistry({ models });
    const cli = startCli(["watch", "--address", url, option, value]);
    await cli.untilOut("SYNCED");
    cli.interrupt();
    await cli.status;
    const added = cli
      .out()
      .split("\n")
      .filter((line) => line.includes(" ADDED "));
    expect(added).toHaveLength(1);
    expect(added[0]).toContain(name);
  });

  it("fails with exit status 1 when the server cannot be reached at the start", async () => {
    const { status, out, err } = await runCli(["watch", "--address", "http://127.0.0.1:1"]);
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toMatch(/cannot be reached: the connection was refused\.\nStart it with/);
  });

  it("says that the server went away, comes back to it, and shows what has changed", async () => {
    const first = await startServer({ models: ["first"], port: 0 });
    const address = `http://127.0.0.1:${first.port}`;
    const cli = startCli(["watch", "--address", address]);
    await cli.untilOut("SYNCED");
    await first.stop();
    await cli.untilErr("Watching again in");
    expect(cli.err()).toMatch(/^The server is stopping.*\. Watching again in \d+\.\ds\.\n/);
    const second = await startServer({ models: ["second"], port: first.port });
    await cli.untilErr(`The server at ${address} is back.`);
    await cli.untilOut("second");
    expect(cli.out()).toMatch(/ RESET .*\n.* ADDED +second /);
    cli.interrupt();
    expect(await cli.status).toBe(0);
    await second.stop();
  });

  it("shows only what it missed when a connection breaks", async () => {
    const server = await startChangingServer({ models: [{ name: "a" }, { name: "b" }] });
    const proxy = await startCuttableProxy(server.url);
    const cli = startCli(["watch", "--address", proxy.url]);
    await cli.untilOut("SYNCED");
    proxy.cut();
    server.apply([{ name: "a", description: "new" }]);
    await cli.untilErr(`The server at ${proxy.url} is back.`);
    await until(() => cli.out().split("SYNCED").length === 3);
    cli.interrupt();
    expect(await cli.status).toBe(0);
    const events = cli
      .out()
      .trimEnd()
      .split("\n")
      .slice(1)
      .map((line) => line.split(/ +/).slice(1, 3).join(" "));
    expect(events).toEqual(["ADDED a", "ADDED b", "SYNCED all", "CHANGED a", "REMOVED b", "SYNCED all"]);
    expect(cli.err()).toMatch(/^The connection to the server at \S+ was lost\. Watching again in \d\.\ds\.\n/);
  });

  it("ends while it waits for the server", async () => {
    const { url, stop } = await startRegistry({ models });
    const cli = startCli(["watch", "--address", url]);
    await cli.untilOut("SYNCED");
    await stop();
    await cli.untilErr("Watching again in");
    cli.interrupt();
    expect(await cli.status).toBe(0);
  });
});

/** Starts `kserve-model-registry serve` as a process of its own: a restart is a new process. */
async function startServer(options: { models: readonly string[]; port: number }) {
  const registry = options.models.map((name) => ({ name, type: "anomaly", url: "http://127.0.0.1:1" }));
  const child = spawn(process.execPath, [inject("program"), "serve"], {
    env: {
      KSERVE_MODEL_REGISTRY: JSON.stringify(registry),
      KSERVE_READINESS_INTERVAL: "0",
      HOST: "127.0.0.1",
      PORT: String(options.port),
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return { port: await portOf(child), stop: () => stop(child) };
}

async function portOf(child: ChildProcess): Promise<number> {
  let log = "";
  for await (const chunk of child.stdout!) {
    log += String(chunk);
    const port = /"port":(\d+)/.exec(log)?.[1];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`the server did not start: ${log}`);
}

async function stop(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  expect(await exited).toEqual([0, null]);
}
