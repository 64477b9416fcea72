import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import type { Step } from "../../src/doctor/examination.ts";
import { examineSteps } from "../../src/doctor/examine-model.ts";
import type { RegisteredModel } from "../../src/registry/model.ts";
import type { Upstream } from "../../src/upstream/by-protocol.ts";
import { createParts } from "../support/parts.ts";

/** The steps of an examination of a model at a host, and how many connections came of it. */
async function examined(
  host: string,
  more: Partial<RegisteredModel>,
  leadsOut?: (host: string) => string | undefined,
): Promise<{ steps: Step[]; connections: number }> {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://${host}:${(server.address() as AddressInfo).port}`;
  const { registry, pipeline } = createParts({ models: [{ name: "disk", url }] });
  const model = { ...registry.get("disk")!, ...more };
  const upstream = {
    of: () => ({ askReadiness: () => Promise.reject(new Error("not asked")) }),
  } as unknown as Upstream;
  const steps: Step[] = [];
  const instruments = { registry, pipeline, upstream, timeoutMs: 1000, discreet: true, ...(leadsOut && { leadsOut }) };
  for await (const step of examineSteps(model, instruments)) steps.push(step);
  return { steps, connections };
}

it.each(["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])(
  "an entry that is not trusted has no connection opened to %s",
  async (host) => {
    const { steps, connections } = await examined(host, { tenant: "team-a" });
    expect(steps[0]).toMatchObject({ name: "dns", outcome: "failed" });
    expect(steps[0]!.detail).toMatch(/leads to an address that only trusted entries may use$/);
    expect(connections).toBe(0);
  },
);

it("an entry that is not trusted has no connection opened where its Service leads out of its namespace", async () => {
  const { steps, connections } = await examined("localhost", { tenant: "team-a" }, () => "metadata.internal");
  expect(steps[0]).toMatchObject({ name: "dns", outcome: "failed" });
  expect(JSON.stringify(steps)).not.toContain("metadata.internal");
  expect(connections).toBe(0);
});

it("a trusted entry may lead anywhere", async () => {
  const { steps, connections } = await examined("127.0.0.1", {}, () => "elsewhere");
  expect(steps[1]).toMatchObject({ name: "connect", outcome: "ok" });
  expect(connections).toBe(1);
});
