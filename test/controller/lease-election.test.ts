import { describe, expect, it, onTestFinished } from "vitest";
import { KubeError } from "../../src/kube/kube-error.ts";
import { LeaseElection, type LeaseTiming } from "../../src/kube/lease-election.ts";
import { until } from "../support/until.ts";
import { FakeWriter } from "./support/fake-writer.ts";

const path = "/apis/coordination.k8s.io/v1/namespaces/ns/leases/lease";
/** Long enough that nobody loses a Lease to a machine that is busy. */
const timing: LeaseTiming = { durationMs: 20_000, renewDeadlineMs: 15_000, retryMs: 20 };

interface Lease {
  readonly spec: { readonly holderIdentity: string; readonly leaseTransitions: number };
}

function run(client: FakeWriter, identity: string, changed: Partial<LeaseTiming> = {}) {
  const events: string[] = [];
  const troubles: string[] = [];
  const election = new LeaseElection({
    client,
    namespace: "ns",
    name: "lease",
    identity,
    timing: { ...timing, ...changed },
    onLeading(lost) {
      events.push("leads");
      lost.addEventListener("abort", () => events.push("lost"));
    },
    onTrouble: (problem) => troubles.push(problem),
  });
  onTestFinished(() => election.stop());
  election.start();
  return { election, events, troubles };
}

describe("the election by a Lease", () => {
  it("lets one lead, and the other at once when that one stops", async () => {
    const client = new FakeWriter();
    const first = run(client, "first");
    await until(() => first.election.leading);
    const second = run(client, "second");
    await new Promise((resolve) => setTimeout(resolve, 5 * timing.retryMs));
    expect([first.election.leading, second.election.leading]).toEqual([true, false]);
    await first.election.stop();
    expect(first.events).toEqual(["leads", "lost"]);
    expect(client.get<Lease>(path).spec.holderIdentity).not.toBe("first");
    await until(() => second.election.leading);
    expect(client.get<Lease>(path).spec).toMatchObject({ holderIdentity: "second", leaseTransitions: 1 });
  });

  it("takes the Lease of a holder that renews it no longer, and not before its end", async () => {
    const client = new FakeWriter();
    client.put(path, { spec: { holderIdentity: "gone", leaseDurationSeconds: 1, leaseTransitions: 4 } });
    const startMs = performance.now();
    const { election } = run(client, "me");
    await until(() => election.leading);
    expect(performance.now() - startMs).toBeGreaterThan(1000);
    expect(client.get<Lease>(path).spec).toMatchObject({ holderIdentity: "me", leaseTransitions: 5 });
  });

  it("stops acting if it cannot renew in time, logs why once, and continues once it can", async () => {
    const client = new FakeWriter();
    const { election, events, troubles } = run(client, "me", { durationMs: 1000, renewDeadlineMs: 400 });
    await until(() => election.leading);
    client.failures.push(...Array<Error>(40).fill(new KubeError("no answer")));
    await until(() => events.includes("lost"));
    await until(() => events.length >= 3);
    expect(events.slice(0, 3)).toEqual(["leads", "lost", "leads"]);
    expect(troubles).toEqual(["no answer"]);
  });

  it("loses it to another that has taken it", async () => {
    const client = new FakeWriter();
    const { election, events } = run(client, "me");
    await until(() => election.leading);
    client.put(path, { spec: { holderIdentity: "thief", leaseDurationSeconds: 3600 } });
    await until(() => !election.leading);
    expect(events).toEqual(["leads", "lost"]);
  });
});
