import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { createKubeClient } from "../../src/kube/kube-client.ts";
import type { KubeError } from "../../src/kube/kube-error.ts";
import { watchFrom } from "../../src/kube/kube-watch.ts";
import { createModelRegistrationSource } from "../../src/sources/kube/model-registration.ts";
import { temporaryFolder } from "../support/certificates.ts";
import { until } from "../support/until.ts";
import { clientOf } from "./support/access.ts";
import { type Cluster, type ClusterOptions, startCluster } from "./support/cluster.ts";
import { installModelRegistrations, registration } from "./support/manifests.ts";
import { bindClusterRole } from "./support/rights.ts";
import { type StartedSource, startSource } from "./support/started-source.ts";

async function newCluster(options?: ClusterOptions): Promise<Cluster> {
  const cluster = await startCluster(options);
  onTestFinished(() => cluster.stop());
  return cluster;
}

function watch(cluster: Cluster): StartedSource {
  const client = clientOf(cluster.kubeconfig);
  return startSource(createModelRegistrationSource({ client, cluster: "", trusts: () => true, namespaces: [] }));
}

const noop = (): void => {};

const path = "/apis/aiops.platform.io/v1alpha1/modelregistrations";

describe("a source whose API server is lost", () => {
  it("keeps its models, reports the outage, and continues once the API server is back", async () => {
    const cluster = await newCluster();
    await installModelRegistrations(cluster.api);
    await cluster.api.apply([registration("a", "default"), registration("b", "default")]);
    const source = watch(cluster);
    await source.untilNames("a", "b");
    await cluster.killApiServer();
    await until(() => source.trouble() !== undefined);
    expect(source.trouble()).toMatch(/^the API server cannot be reached \(ECONN(REFUSED|RESET)\)$/);
    expect(source.names()).toEqual(["a", "b"]);
    await cluster.startApiServer();
    await until(() => source.trouble() === undefined, "it is well again", 30_000);
    await cluster.api.delete(registration("a", "default"));
    await cluster.api.apply(registration("c", "default"));
    await source.untilNames("b", "c");
    // Nobody ever saw fewer models than there were.
    expect(source.snapshots.map(({ entries }) => entries.length)).not.toContain(0);
  });

  it("sees what changed while it was away, when its version is forgotten meanwhile", async () => {
    const cluster = await newCluster();
    await installModelRegistrations(cluster.api);
    await cluster.api.apply([registration("a", "default"), registration("b", "default")]);
    const source = watch(cluster);
    await source.untilNames("a", "b");
    // Restarted on the same etcd, an API server knows nothing of versions before its start: the real 410.
    await cluster.killApiServer();
    await cluster.startApiServer();
    const limits = { timeoutMs: 10_000, silenceMs: 10_000 };
    const signal = AbortSignal.timeout(20_000);
    const statusOfOldWatch = (): Promise<number | undefined> =>
      watchFrom(clientOf(cluster.kubeconfig), path, {}, "1", limits, noop, noop, signal).then(
        () => 200,
        (error: KubeError) => error.status,
      );
    // Until its storage is read it asks to wait, with 429.
    await until(async () => (await statusOfOldWatch()) === 410, "the version is forgotten", 20_000);
    await cluster.api.delete(registration("a", "default"));
    await source.untilNames("b");
  });

  it("waits for an API server that is not there yet", async () => {
    const cluster = await newCluster();
    await installModelRegistrations(cluster.api);
    await cluster.api.apply(registration("a", "default"));
    await cluster.killApiServer();
    const source = watch(cluster);
    await until(() => source.trouble() !== undefined);
    expect(source.trouble()).toBe("the API server cannot be reached (ECONNREFUSED)");
    expect(source.snapshots).toEqual([]);
    await cluster.startApiServer();
    await source.untilNames("a");
    await until(() => source.trouble() === undefined);
  });

  it("waits for a definition that is not installed yet, through the 429 of its installation", async () => {
    const cluster = await newCluster();
    const source = watch(cluster);
    await until(() => source.trouble() !== undefined);
    expect(source.trouble()).toBe(
      "the API server does not know modelregistrations.aiops.platform.io/v1alpha1 (404); " +
        "apply its CustomResourceDefinition, manifests/kustomize/crd",
    );
    await installModelRegistrations(cluster.api);
    await source.untilNames();
    await until(() => source.trouble() === undefined);
    await cluster.api.apply(registration("a", "default"));
    await source.untilNames("a");
  });

  it("recovers when its definition is deleted and installed again", async () => {
    const cluster = await newCluster();
    await installModelRegistrations(cluster.api);
    await cluster.api.apply(registration("a", "default"));
    const source = watch(cluster);
    await source.untilNames("a");
    const definition = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/modelregistrations.aiops.platform.io";
    await cluster.api.send("DELETE", definition);
    // Its objects are deleted one by one before it goes.
    await source.untilNames();
    await until(() => source.trouble()?.includes("404") === true, "the missing definition is reported", 30_000);
    await installModelRegistrations(cluster.api);
    await cluster.api.apply(registration("b", "default"));
    await source.untilNames("b");
  });

  it("recovers from an API server that hangs with its connections open", async () => {
    const cluster = await newCluster();
    await installModelRegistrations(cluster.api);
    await cluster.api.apply(registration("a", "default"));
    const client = clientOf(cluster.kubeconfig);
    const source = startSource(
      createModelRegistrationSource({
        client,
        cluster: "",
        trusts: () => true,
        namespaces: [],
        timing: { watch: { timeoutMs: 60_000, silenceMs: 500 }, backoff: { minMs: 50, maxMs: 200 } },
      }),
    );
    await source.untilNames("a");
    // Silence alone is no trouble: the watch is opened again.
    await sleep(1500);
    expect(source.troubles).toEqual([]);
    await cluster.api.apply(registration("b", "default"));
    await source.untilNames("a", "b");
  });
});

describe("a pod's ServiceAccount", () => {
  it("is what the service calls with in a cluster, with the token as it is then", async () => {
    const cluster = await newCluster();
    await installModelRegistrations(cluster.api);
    await bindClusterRole(cluster, "pod");
    await cluster.api.apply(registration("a", "default"));
    const serviceAccountDir = join(temporaryFolder(), "serviceaccount");
    mkdirSync(serviceAccountDir);
    writeFileSync(join(serviceAccountDir, "ca.crt"), cluster.ca);
    writeFileSync(join(serviceAccountDir, "token"), "an-expired-token");
    const client = createKubeClient({
      kubeconfig: undefined,
      context: undefined,
      inClusterServer: cluster.server,
      homeDir: undefined,
      serviceAccountDir,
    });
    const source = startSource(
      createModelRegistrationSource({ client, cluster: "", trusts: () => true, namespaces: [] }),
    );
    await until(() => source.trouble() !== undefined);
    expect(source.trouble()).toBe("the API server does not accept the credentials (401): Unauthorized");
    // The kubelet writes a fresh token in time; a service that missed it reads it after the first refusal.
    writeFileSync(join(serviceAccountDir, "token"), await cluster.tokenOf("pod"));
    await source.untilNames("a");
    await until(() => source.trouble() === undefined);
  });

  it("is missing in words where there is neither a pod nor a kubeconfig", async () => {
    const access = {
      kubeconfig: undefined,
      context: undefined,
      inClusterServer: undefined,
      homeDir: temporaryFolder(),
    };
    const client = createKubeClient(access);
    const source = startSource(
      createModelRegistrationSource({ client, cluster: "", trusts: () => true, namespaces: [] }),
    );
    await until(() => source.trouble() !== undefined);
    expect(source.trouble()).toBe(
      "no Kubernetes API server configured: this is not a pod, and there is no kubeconfig; set KUBECONFIG",
    );
  });
});
