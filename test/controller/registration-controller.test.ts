import { describe, expect, it, onTestFinished } from "vitest";
import { RegistrationController } from "../../src/controller/registration-controller.ts";
import type { RegistrationStatus } from "../../src/controller/registration-status.ts";
import { StatusWriter } from "../../src/controller/status-writer.ts";
import { createKubeClient } from "../../src/kube/kube-client.ts";
import { Registry } from "../../src/registry/registry.ts";
import { type ApiAnswer, failure, list, startFakeApiServer, stayOpen } from "../sources/kube/fake-api-server.ts";
import { until } from "../support/until.ts";
import { FakeWriter } from "./support/fake-writer.ts";

interface Spec {
  readonly [key: string]: unknown;
}

function registration(namespace: string, name: string, spec: Spec, created = "2026-01-01T00:00:00Z") {
  const uid = `uid-${namespace}-${name}`;
  const metadata = { name, namespace, uid, resourceVersion: "1", generation: 1, creationTimestamp: created };
  return { metadata, spec };
}

/** A controller of these registrations, in a cluster without KServe. `trusted` is the one trusted namespace. */
async function startController(registrations: readonly object[], ...events: readonly object[]) {
  const apiServer = await startFakeApiServer();
  const answerList: ApiAnswer = (response, request) => {
    const answer = request.path.endsWith("/inferenceservices") ? failure(404, "none") : list(registrations);
    answer(response, request);
  };
  apiServer.onList(answerList);
  apiServer.onWatch(stayOpen(...events));
  const registry = new Registry({
    urlFormat: "http://{service}.{namespace}.svc.cluster.local",
    defaultPort: undefined,
  });
  const controller = new RegistrationController(registry, {
    client: createKubeClient(apiServer.access),
    cluster: "",
    namespaces: [],
    trusts: (namespace) => namespace === "trusted",
    rules: { credentialsDirs: [], clusterDomain: "cluster.local" },
  });
  registry.expect(controller.source);
  controller.source.start({
    onSnapshot: (snapshot) => registry.apply(controller.source, snapshot),
    onChanges: (changes) => registry.change(controller.source, changes),
    onTrouble: () => {},
  });
  const lost = new AbortController();
  const writer = new FakeWriter();
  controller.lead(new StatusWriter({ client: writer, identity: "me", onTrouble: () => {} }, lost.signal), lost.signal);
  onTestFinished(async () => {
    lost.abort();
    await controller.source.stop();
  });
  /** The reason and message of the condition Accepted, as it was written last. */
  const accepted = (namespace: string, name: string): [string, string] | undefined => {
    const end = `/namespaces/${namespace}/modelregistrations/${name}/status`;
    const { body } = writer.writes.filter(({ path }) => path.endsWith(end)).at(-1) ?? {};
    const condition = (body?.status as RegistrationStatus | undefined)?.conditions?.[0];
    return condition && [condition.reason, condition.message];
  };
  return { accepted, controller, registry };
}

const model = { modelType: "anomaly", service: "model" };

describe("the controller", () => {
  it("says of each registration what became of it", async () => {
    const { accepted, controller } = await startController([
      registration("team", "good", model),
      registration("team", "bad", { modelType: "anomaly" }),
      registration("team", "foreign", { ...model, namespace: "victim" }),
      registration("trusted", "far", { ...model, namespace: "victim" }),
    ]);
    const all = ["team/good", "team/bad", "team/foreign", "trusted/far"].map((key) => key.split("/"));
    await until(() => all.every(([namespace, name]) => accepted(namespace!, name!) !== undefined));
    expect(controller.count).toBe(4);
    expect(accepted("team", "good")).toEqual(["Accepted", "Registered as good"]);
    expect(accepted("team", "bad")).toEqual(["Invalid", expect.stringContaining("exactly one of")]);
    expect(accepted("team", "foreign")).toEqual([
      "NotTrusted",
      "spec.namespace: is victim, and an object in team may only register models of team; move the object to victim, or add team to KSERVE_TRUSTED_NAMESPACES",
    ]);
    expect(accepted("trusted", "far")?.[0]).toBe("Accepted");
  });

  it("says which other one has the name and namespace, and why that goes before", async () => {
    const { accepted } = await startController([
      registration("team", "y", model, "2026-01-01T00:00:00Z"),
      registration("trusted", "y", { ...model, namespace: "team" }, "2026-02-01T00:00:00Z"),
    ]);
    await until(() => accepted("team", "y") !== undefined);
    expect(accepted("team", "y")).toEqual([
      "NameTaken",
      "metadata.name: ModelRegistration trusted/y has the name y in namespace team and takes precedence: its namespace is trusted",
    ]);
  });

  it("accepts namesakes of several namespaces, and says which one the name alone means", async () => {
    const young = registration("young", "x", model, "2026-02-01T00:00:00Z");
    const old = registration("old", "x", model, "2026-01-01T00:00:00Z");
    const { accepted } = await startController([young, old]);
    await until(() => accepted("young", "x") !== undefined && accepted("old", "x") !== undefined);
    expect(accepted("old", "x")).toEqual(["Accepted", "Registered as x"]);
    expect(accepted("young", "x")).toEqual([
      "Accepted",
      "Registered as x in namespace young; callers must give the namespace, because the bare name refers to another model",
    ]);
  });

  it("writes over a status that is far too long, and keeps nothing of it", async () => {
    const long = {
      conditions: [{ type: "Accepted", status: "True", reason: "Accepted", message: "x".repeat(100_000) }],
    };
    const { accepted } = await startController([{ ...registration("team", "x", model), status: long }]);
    await until(() => accepted("team", "x") !== undefined);
    expect(accepted("team", "x")).toEqual(["Accepted", "Registered as x"]);
  });

  it("says the first of thousands of problems, and how many more there are", async () => {
    const values = Array.from({ length: 1024 }, () => 1);
    const names = Array.from({ length: 256 }, (_, i) => `f${i}`);
    const featureDeclarations = names.map((name) => ({ name, type: "boolean", values }));
    const spec = { ...model, inputFeatures: names, featureDeclarations };
    const { accepted } = await startController([registration("team", "x", spec), registration("team", "y", model)]);
    await until(() => accepted("team", "x") !== undefined && accepted("team", "y") !== undefined);
    const [reason, message] = accepted("team", "x")!;
    expect(reason).toBe("Invalid");
    expect(message).toMatch(/^spec\.featureDeclarations\[0\]\.values\[0\]: expected true or false; found 1; /);
    expect(message).toMatch(/; at least 84 more problems$/);
    expect(accepted("team", "y")?.[0]).toBe("Accepted");
  });

  it("takes larger entries from trusted namespaces alone", async () => {
    const values = Array.from({ length: 1024 }, (_, i) => `a value that is one of many, number ${i}`);
    const featureDeclarations = ["a", "b"].map((name) => ({ name, type: "string", values }));
    const spec = { ...model, inputFeatures: ["a", "b"], featureDeclarations };
    const { accepted } = await startController([registration("team", "x", spec), registration("trusted", "x", spec)]);
    await until(() => accepted("team", "x") !== undefined && accepted("trusted", "x") !== undefined);
    expect(accepted("team", "x")).toEqual([
      "Invalid",
      "expected at most 65536 characters in all; shorten it, or trust the namespace team (KSERVE_TRUSTED_NAMESPACES)",
    ]);
    expect(accepted("trusted", "x")?.[0]).toBe("Accepted");
  });

  it("corrects itself when a registration changes or the one before it goes", async () => {
    const young = registration("young", "x", model, "2026-02-01T00:00:00Z");
    const old = registration("old", "x", model);
    const { accepted } = await startController([young, old], {
      type: "DELETED",
      object: { ...old, metadata: { ...old.metadata, resourceVersion: "2" } },
    });
    await until(() => accepted("young", "x")?.[1] === "Registered as x");
  });
});
