import { describe, expect, it, onTestFinished } from "vitest";
import type { RegistrationStatus } from "../../src/controller/registration-status.ts";
import { StatusWriter, type WantedStatus } from "../../src/controller/status-writer.ts";
import { KubeError } from "../../src/kube/kube-error.ts";
import { until } from "../support/until.ts";
import { FakeWriter } from "./support/fake-writer.ts";

const statusPath = (name: string): string =>
  `/apis/aiops.platform.io/v1alpha1/namespaces/ns/modelregistrations/${name}/status`;

function statusOf(reason: string): RegistrationStatus {
  return {
    observedGeneration: 1,
    conditions: [
      {
        type: "Accepted",
        status: reason === "Accepted" ? "True" : "False",
        reason,
        message: "because",
        observedGeneration: 1,
        lastTransitionTime: "2026-01-01T00:00:00Z",
      },
    ],
  };
}

function wanted(name: string, reason: string, current: RegistrationStatus = {}): WantedStatus {
  return { namespace: "ns", name, uid: `uid-${name}`, status: statusOf(reason), current };
}

function startWriter() {
  const client = new FakeWriter();
  const stopping = new AbortController();
  onTestFinished(() => stopping.abort());
  const troubles: string[] = [];
  const options = { client, identity: "me", onTrouble: (problem: string) => void troubles.push(problem) };
  const writer = new StatusWriter(options, stopping.signal);
  const statuses = () => client.writes.filter(({ method }) => method === "PATCH");
  const events = () => client.writes.filter(({ method }) => method === "POST").map(({ body }) => body);
  return { client, writer, stopping, troubles, statuses, events };
}

describe("the writer of statuses", () => {
  it("writes a status for the object that it was made for, and an event for what changed", async () => {
    const { writer, statuses, events } = startWriter();
    writer.want(wanted("a", "NotTrusted"));
    await until(() => writer.waiting === 0 && events().length === 1);
    expect(statuses()).toEqual([
      {
        method: "PATCH",
        path: statusPath("a"),
        body: { metadata: { uid: "uid-a" }, status: { url: null, ...statusOf("NotTrusted") } },
      },
    ]);
    expect(events()).toEqual([
      expect.objectContaining({ type: "Warning", reason: "NotTrusted", action: "SetAccepted", note: "because" }),
    ]);
  });

  it("writes nothing that is there already, nor what it has just written", async () => {
    const { writer, statuses } = startWriter();
    writer.want(wanted("a", "Accepted", statusOf("Accepted")));
    writer.want(wanted("b", "Accepted"));
    await until(() => writer.waiting === 0);
    // The watch has not reported it yet.
    writer.want(wanted("b", "Accepted"));
    await until(() => writer.waiting === 0);
    expect(statuses().map(({ path }) => path)).toEqual([statusPath("b")]);
  });

  it("writes only the last of what was wanted while it waited", async () => {
    const { client, writer, statuses } = startWriter();
    let open = (): void => {};
    client.gate = new Promise((resolve) => {
      open = resolve;
    });
    for (let i = 0; i < 8; i++) writer.want(wanted(`busy-${i}`, "Accepted"));
    for (const reason of ["Invalid", "NameTaken", "Accepted"]) writer.want(wanted("a", reason));
    expect(statuses()).toHaveLength(8);
    expect(writer.waiting).toBe(9);
    open();
    await until(() => writer.waiting === 0);
    const own = statuses().filter(({ path }) => path === statusPath("a"));
    expect(own.map(({ body }) => (body.status as RegistrationStatus).conditions![0]!.reason)).toEqual(["Accepted"]);
  });

  it("says why it could not write, and tries again until it can", async () => {
    const { client, writer, troubles, statuses } = startWriter();
    client.failures.push(new KubeError("forbidden", { status: 403 }));
    writer.want(wanted("a", "Accepted"));
    await until(() => statuses().length === 1);
    expect(troubles).toEqual(["the status of ns/a: forbidden"]);
  });

  it("lets those that it cannot write hold up no other", async () => {
    const { client, writer, troubles, statuses } = startWriter();
    for (let i = 0; i < 20; i++) {
      client.failures.push(new KubeError("refused", { status: 422 }));
      writer.want(wanted(`bad-${i}`, "Accepted"));
    }
    writer.want(wanted("good", "Accepted"));
    await until(() => troubles.length === 20);
    await until(() => statuses().length > 0);
    expect(statuses()[0]!.path).toBe(statusPath("good"));
    expect(writer.waiting).toBeGreaterThanOrEqual(20);
    // And those are tried again.
    await until(() => statuses().length === 21);
    expect(writer.waiting).toBe(0);
  });

  it("lets a newer status take the place of one that is tried again", async () => {
    const { client, writer, troubles, statuses } = startWriter();
    client.failures.push(new KubeError("refused", { status: 422 }));
    writer.want(wanted("a", "Invalid"));
    await until(() => troubles.length === 1);
    writer.want(wanted("a", "Accepted"));
    await until(() => writer.waiting === 0);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(statuses().map(({ body }) => (body.status as RegistrationStatus).conditions![0]!.reason)).toEqual([
      "Accepted",
    ]);
  });

  it("writes one status of a registration after the other, so that an older one never takes the place of a newer one", async () => {
    const { client, writer, statuses } = startWriter();
    const open = client.close();
    writer.want(wanted("a", "Invalid"));
    writer.want(wanted("a", "Accepted"));
    expect(statuses()).toHaveLength(1);
    // What it has now is wanted once more, while something else is on its way.
    writer.want(wanted("a", "NameTaken", statusOf("NameTaken")));
    open();
    await until(() => writer.waiting === 0);
    expect(statuses().map(({ body }) => (body.status as RegistrationStatus).conditions![0]!.reason)).toEqual([
      "Invalid",
      "NameTaken",
    ]);
  });

  it("tries no older status again when a newer one has been written", async () => {
    const { client, writer, statuses, troubles } = startWriter();
    const open = client.close();
    writer.want(wanted("a", "Invalid"));
    client.failuresAfter.push(new KubeError("refused", { status: 500 }));
    writer.want(wanted("a", "Accepted"));
    open();
    await until(() => writer.waiting === 0 && troubles.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 1200));
    expect(statuses().map(({ body }) => (body.status as RegistrationStatus).conditions![0]!.reason)).toEqual([
      "Invalid",
      "Accepted",
    ]);
  });

  it("lets namespaces take turns", async () => {
    const { client, writer, statuses } = startWriter();
    const open = client.close();
    for (let i = 0; i < 100; i++) writer.want(wanted(`of-many-${i}`, "Accepted"));
    for (const name of ["x", "y"]) writer.want({ ...wanted(name, "Accepted"), namespace: "other" });
    open();
    await until(() => writer.waiting === 0);
    const places = statuses().flatMap(({ path }, i) => (path.includes("/namespaces/other/") ? [i] : []));
    // Eight were on their way, and then one of each namespace goes.
    expect(places).toEqual([9, 11]);
  });

  it("writes nothing more once another process leads", async () => {
    const { writer, stopping, statuses } = startWriter();
    stopping.abort();
    writer.want(wanted("a", "Accepted"));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(statuses()).toEqual([]);
  });
});
