import type { ServerResponse } from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { LinkController } from "../../../src/controller/links/link-controller.ts";
import { createKubeClient } from "../../../src/kube/kube-client.ts";
import { linkFinalizer, linkLabels, registryUrlAnnotation } from "../../../src/registry/link-labels.ts";
import { list, startFakeApiServer, stayOpen } from "../../sources/kube/fake-api-server.ts";
import { until } from "../../support/until.ts";
import { FakeRegistry } from "../support/fake-registry.ts";
import { FakeWriter } from "../support/fake-writer.ts";

const address = "http://registry.example";

interface Fields {
  readonly labels?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly resourceVersion?: string;
  readonly deletionTimestamp?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

function inferenceService(name: string, fields: Fields = {}) {
  const labels = { [linkLabels.registeredModelId]: "7" };
  return {
    metadata: { name, namespace: "team", uid: `uid-${name}`, resourceVersion: "1", labels, ...fields },
    spec: { predictor: { model: { runtime: "kserve-sklearnserver" } } },
  };
}

const pathOf = (name: string): string => `/apis/serving.kserve.io/v1beta1/namespaces/team/inferenceservices/${name}`;

/** A controller of these InferenceServices that leads, in a cluster of which the test says what happens. */
async function startController(services: readonly object[], { failure }: { readonly failure?: Error } = {}) {
  const apiServer = await startFakeApiServer();
  let watch: ServerResponse | undefined;
  apiServer.onList(list(services));
  apiServer.onWatch((response, request) => {
    stayOpen()(response, request);
    watch = response;
  });
  const writer = new FakeWriter();
  const registry = new FakeRegistry();
  registry.failure = failure;
  const troubles: string[] = [];
  const asked: string[] = [];
  const controller = new LinkController({
    client: createKubeClient(apiServer.access),
    writer,
    namespaces: [],
    names: { ...linkLabels, registryUrl: registryUrlAnnotation, finalizer: linkFinalizer },
    rules: {
      defaultUrl: address,
      urls: [],
      namespaces: [],
      serviceAnnotation: "routing.kubeflow.org/external-address-rest",
      clusterDomain: "cluster.local",
    },
    registries: {
      at(url) {
        asked.push(url);
        return registry;
      },
      close: () => {},
    },
    identity: "me",
    onTrouble: (problem) => troubles.push(problem),
    timing: { attemptMs: 5000, retireMs: 5000, againMs: 600_000, backoff: { minMs: 10, maxMs: 20 } },
  });
  const lost = new AbortController();
  controller.start();
  controller.lead(lost.signal);
  onTestFinished(async () => {
    lost.abort();
    await controller.stop();
  });
  await until(() => watch !== undefined, "the controller watches");
  return {
    controller,
    writer,
    registry,
    troubles,
    asked,
    lost,
    tell: (type: "ADDED" | "MODIFIED" | "DELETED", object: object) =>
      watch!.write(`${JSON.stringify({ type, object })}\n`),
    /** The metadata that an InferenceService was given, write by write. */
    patches: (name: string) =>
      writer.writes.filter(({ path }) => path === pathOf(name)).map(({ body }) => body.metadata as Fields),
    /** The reasons of the Events, and what they say. */
    events: () =>
      writer.writes
        .filter(({ path }) => path.endsWith("/events"))
        .map(({ body }) => ({ reason: body.reason, type: body.type, note: body.note })),
  };
}

describe("the controller of links", () => {
  it("holds an InferenceService, makes its record, and labels it with the record's id", async () => {
    const { controller, registry, patches, events, asked } = await startController([inferenceService("disk")]);
    await until(() => events().length === 1, "it says what came of it");
    const [record] = registry.recordsOf("/inference_services");
    expect(record).toMatchObject({
      name: "disk/uid-disk",
      registeredModelId: "7",
      runtime: "kserve-sklearnserver",
      desiredState: "DEPLOYED",
    });
    expect(patches("disk")).toEqual([
      // Only as it was seen: a list is replaced whole.
      { finalizers: [linkFinalizer], uid: "uid-disk", resourceVersion: "1" },
      { labels: { [linkLabels.inferenceServiceId]: record!.id }, uid: "uid-disk" },
    ]);
    expect(events()).toMatchObject([{ reason: "Linked", type: "Normal" }]);
    expect(asked).toEqual([address]);
    expect(controller.counts).toMatchObject({
      linked: 1,
      waiting: 0,
      attempts: { written: 1, unchanged: 0, failed: 0 },
      notUpdated: 0,
    });
  });

  it("writes nothing where nothing differs", async () => {
    const { controller, registry, writer, tell, events } = await startController([inferenceService("disk")]);
    await until(() => events().length === 1, "it is linked");
    const { id } = registry.recordsOf("/inference_services")[0]!;
    const before = [registry.writes.length, writer.writes.length];
    const labels = { [linkLabels.registeredModelId]: "7", [linkLabels.inferenceServiceId]: id };
    tell("MODIFIED", inferenceService("disk", { labels, finalizers: [linkFinalizer], resourceVersion: "2" }));
    await until(() => controller.counts.attempts.unchanged === 1, "it is looked at again");
    expect([registry.writes.length, writer.writes.length]).toEqual(before);
    // A new version of the object alone is not a reason to look at it.
    tell("MODIFIED", inferenceService("disk", { labels, finalizers: [linkFinalizer], resourceVersion: "3" }));
    tell("ADDED", inferenceService("second"));
    await until(() => controller.counts.attempts.written === 2, "the next one is linked");
    expect(controller.counts.attempts.unchanged).toBe(1);
  });

  it("keeps the finalizers of others", async () => {
    const theirs = inferenceService("disk", { finalizers: ["example.org/theirs"] });
    const { patches, events } = await startController([theirs]);
    await until(() => events().length === 1, "it is linked");
    expect(patches("disk")[0]!.finalizers).toEqual(["example.org/theirs", linkFinalizer]);
  });

  it("leaves one alone that has more finalizers than anyone needs", async () => {
    const finalizers = Array.from({ length: 33 }, (_, i) => `example.org/number-${i}`);
    const { patches, events } = await startController([
      inferenceService("full", { finalizers }),
      inferenceService("disk"),
    ]);
    await until(() => events().length === 1, "the other one is linked");
    expect(patches("full")).toEqual([]);
  });

  it("ignores one without labels, and releases one that has lost them", async () => {
    const held = inferenceService("held", { labels: {}, finalizers: ["example.org/theirs", linkFinalizer] });
    const { controller, registry, patches } = await startController([inferenceService("plain", { labels: {} }), held]);
    await until(() => patches("held").length === 1, "it is let go");
    expect(patches("held")[0]!.finalizers).toEqual(["example.org/theirs"]);
    expect(patches("plain")).toEqual([]);
    expect(registry.writes).toEqual([]);
    expect(controller.counts.linked).toBe(0);
  });

  it("says once for each reason why one is not linked, tries again, and says when it is", async () => {
    const failure = new Error("the registry does not answer");
    const { controller, registry, events, troubles } = await startController([inferenceService("disk")], { failure });
    await until(() => controller.counts.attempts.failed >= 3, "it is tried again");
    expect(events()).toMatchObject([{ reason: "RegistryFailed", type: "Warning", note: failure.message }]);
    expect(controller.counts.failing).toEqual(new Map([["RegistryFailed", 1]]));
    expect(troubles).toContain(`InferenceService team/disk is not linked: ${failure.message}`);
    registry.failure = new Error("the registry is full");
    await until(() => events().length === 2, "the next reason is said");
    registry.failure = undefined;
    await until(() => events().length === 3, "it is linked");
    expect(events().map(({ reason }) => reason)).toEqual(["RegistryFailed", "RegistryFailed", "Linked"]);
    expect(controller.counts.failing.size).toBe(0);
  });

  it("looks again at one that was changed meanwhile, which is not news", async () => {
    const { controller, writer, registry, events, tell } = await startController([]);
    writer.outcomes.push("conflict");
    tell("ADDED", inferenceService("disk"));
    await until(() => controller.counts.attempts.written === 1, "it is linked");
    expect(controller.counts.attempts.failed).toBe(1);
    expect(events().map(({ reason }) => reason)).toEqual(["Linked"]);
    expect(registry.recordsOf("/inference_services").length).toBe(1);
  });

  it("names no registry but those that are allowed", async () => {
    const annotations = { [registryUrlAnnotation]: "http://169.254.169.254" };
    const { asked, events, patches } = await startController([inferenceService("disk", { annotations })]);
    await until(() => events().length === 1, "it says why");
    expect(events()).toMatchObject([{ reason: "RegistryNotAllowed", type: "Warning" }]);
    expect([asked, patches("disk")]).toEqual([[], []]);
  });

  const gone = { finalizers: [linkFinalizer], resourceVersion: "2", deletionTimestamp: "2026-01-01T00:00:00Z" };

  it("notes in the registry that one goes, and lets it go", async () => {
    const { controller, registry, tell, patches, events } = await startController([inferenceService("disk")]);
    await until(() => events().length === 1, "it is linked");
    tell("MODIFIED", inferenceService("disk", gone));
    await until(() => patches("disk").length === 3, "it is let go");
    expect(registry.recordsOf("/inference_services")).toMatchObject([{ desiredState: "UNDEPLOYED" }]);
    expect(patches("disk")[2]).toEqual({ finalizers: [], uid: "uid-disk", resourceVersion: "2" });
    tell("DELETED", inferenceService("disk", gone));
    await until(() => controller.counts.linked === 0, "it is forgotten");
    expect(controller.counts.notUpdated).toBe(0);
  });

  it("lets one go in any case, and says where the registry could not be updated", async () => {
    const { controller, registry, tell, patches, events } = await startController([inferenceService("disk")]);
    await until(() => events().length === 1, "it is linked");
    registry.failure = new Error("the registry does not answer");
    tell("MODIFIED", inferenceService("disk", gone));
    await until(() => patches("disk").length === 3, "it is let go");
    expect(patches("disk")[2]!.finalizers).toEqual([]);
    expect(events()[1]).toMatchObject({
      reason: "RegistryNotUpdated",
      type: "Warning",
      note: "It was deleted, but its record could not be updated: the registry does not answer",
    });
    expect(controller.counts.notUpdated).toBe(1);
  });

  it("links one whose Events cannot be written", async () => {
    const { controller, writer, registry, troubles, tell } = await startController([]);
    const write = writer.write.bind(writer);
    writer.write = async (method, path, body) => {
      if (path.endsWith("/events")) throw new Error("events are forbidden");
      return await write(method, path, body);
    };
    tell("ADDED", inferenceService("disk"));
    await until(() => troubles.length === 1, "it says that the Event is missing");
    expect(troubles).toEqual(["an event for team/disk: events are forbidden"]);
    await until(() => controller.counts.attempts.written === 1, "it is linked all the same");
    expect(registry.recordsOf("/inference_services").length).toBe(1);
  });

  it("does nothing once another one leads, and looks at all of them when it leads again", async () => {
    const { controller, lost, tell, writer, registry, events } = await startController([inferenceService("disk")]);
    await until(() => events().length === 1, "it is linked");
    lost.abort();
    const before = [registry.writes.length, writer.writes.length];
    tell("ADDED", inferenceService("second"));
    await until(() => controller.counts.linked === 2, "it is seen");
    expect([registry.writes.length, writer.writes.length]).toEqual(before);
    expect(controller.counts.waiting).toBe(0);
    const next = new AbortController();
    onTestFinished(() => next.abort());
    controller.lead(next.signal);
    await until(() => registry.recordsOf("/inference_services").length === 2, "both are linked");
  });
});
