import { describe, expect, it } from "vitest";
import { parseModelEntry } from "../../src/registry/model-entry.ts";
import type { LocatedEntry } from "../../src/registry/ports.ts";
import {
  clusterDomainOf,
  misplacedFiles,
  namespaceOfUrl,
  type TrustRules,
  untrustedFields,
} from "../../src/registry/trust.ts";
import { createRegistry, located, source } from "./support/sources.ts";

const rules: TrustRules = { credentialsDirs: ["/var/run/secrets/model", "/etc/ca"], clusterDomain: "cluster.local" };

function entryOf(fields: object, tenant: string | undefined): LocatedEntry {
  const { entry, problems } = parseModelEntry({ name: "m", type: "anomaly", ...fields }, tenant ?? "platform");
  if (entry === undefined) throw new Error(JSON.stringify(problems));
  return { entry, location: "T", ...(tenant === undefined ? {} : { tenant }) };
}

const files = { caFile: "/etc/ca/a", clientCertFile: "/etc/ca/b", clientKeyFile: "/etc/ca/c", tokenFile: "/etc/ca/d" };

describe("an entry of a namespace that is not trusted", () => {
  it.each<[string, object, readonly string[]]>([
    ["a Service of its own", { service: "m" }, []],
    ["its own namespace", { service: "m", namespace: "tenant-a" }, []],
    ["another namespace", { service: "m", namespace: "victim" }, ["namespace"]],
    ["the short address of its Service", { url: "http://m.tenant-a.svc:8080/prefix" }, []],
    ["the address of its Service", { url: "https://m.tenant-a.svc.cluster.local" }, []],
    ["the address of a pod of it", { url: "http://pod-0.m.tenant-a.svc.cluster.local" }, []],
    ["a Service of several clusters", { url: "http://m.tenant-a.svc.clusterset.local" }, []],
    ["an address with a dot at its end, in capitals", { url: "http://M.Tenant-A.SVC.cluster.local." }, []],
    ["a Service of another namespace", { url: "http://m.victim.svc.cluster.local" }, ["url"]],
    ["one that looks like its own", { url: "http://tenant-a.victim.svc" }, ["url"]],
    ["a namespace that ends alike", { url: "http://m.not-tenant-a.svc" }, ["url"]],
    ["no Service", { url: "http://tenant-a.svc.cluster.local" }, ["url"]],
    ["a domain of its own", { url: "http://m.tenant-a.svc.evil.example" }, ["url"]],
    ["a name without svc", { url: "http://m.tenant-a" }, ["url"]],
    ["an address by number", { url: "http://10.0.0.1" }, ["url"]],
    ["the world", { url: "https://models.example" }, ["url"]],
    ["another namespace twice", { url: "http://m.victim.svc", namespace: "victim" }, ["url"]],
    ["two other namespaces", { url: "http://m.victim.svc", namespace: "other" }, ["url", "namespace"]],
    ["the callers' tokens", { service: "m", forwardAuthorization: true }, ["forwardAuthorization"]],
    ["files", { service: "m", ...files }, ["caFile", "clientCertFile", "clientKeyFile", "tokenFile"]],
  ])("may not say more than its namespace: %s", (_title, fields, refused) => {
    expect(untrustedFields(entryOf(fields, "tenant-a"), "", rules).map(({ field }) => field)).toEqual(refused);
    expect(untrustedFields(entryOf(fields, undefined), "", rules)).toEqual([]);
  });

  it.each([
    ["", "add default to KSERVE_TRUSTED_NAMESPACES"],
    ["spoke-1", "add spoke-1/default to KSERVE_CLUSTER_TRUSTED_NAMESPACES"],
  ])("names both ways out, in the cluster %j", (cluster, trust) => {
    const entry = entryOf({ service: "disks", namespace: "storage-monitoring" }, "default");
    expect(untrustedFields(entry, cluster, rules)).toEqual([
      {
        field: "namespace",
        message: `is storage-monitoring, and an object in default may only register models of default; move the object to storage-monitoring, or ${trust}`,
      },
    ]);
  });
});

describe("the files that entries name", () => {
  it.each([
    ["/var/run/secrets/model/token", true],
    ["/etc/ca/deep/er/ca.crt", true],
    ["/etc/ca/./x/../ca.crt", true],
    ["/etc/ca", false],
    ["/etc/ca/", false],
    ["/etc/ca/../passwd", false],
    ["/etc/cassandra/ca.crt", false],
    ["/var/run/secrets/kubernetes.io/serviceaccount/token", false],
    ["/var/run/secrets/model/../kubernetes.io/serviceaccount/token", false],
  ])("lie in the folders for them, whatever place the entry comes from: %s is %s", (tokenFile, fine) => {
    const problems = misplacedFiles(entryOf({ service: "m", tokenFile }, undefined).entry, rules);
    expect(problems.map(({ field }) => field)).toEqual(fine ? [] : ["tokenFile"]);
    if (!fine) expect(problems[0]!.message).toContain("/var/run/secrets/model or /etc/ca (KSERVE_CREDENTIALS_DIRS)");
  });
});

describe("the names of Services", () => {
  it("end with the domain of the cluster, as the format of addresses has it", () => {
    expect(clusterDomainOf("http://{service}.{namespace}.svc.corp.internal:8080/x")).toBe("corp.internal");
    expect(clusterDomainOf("http://gateway.example/{namespace}")).toBe("cluster.local");
    expect(namespaceOfUrl("http://m.ns.svc.corp.internal", "corp.internal")).toBe("ns");
    expect(namespaceOfUrl("http://m.ns.svc.cluster.local", "corp.internal")).toBeUndefined();
  });
});

describe("of several entries with one name", () => {
  const entries = {
    environment: located("x", { description: "environment" }, "E"),
    config: located("x", { description: "config" }, "C"),
    tenantOld: { ...located("x", { description: "old" }, "R a/x"), tenant: "a", created: "2024-01-01T00:00:00Z" },
    tenantNew: { ...located("x", { description: "new" }, "R b/x"), tenant: "b", created: "2025-01-01T00:00:00Z" },
    platform: { ...located("x", { description: "platform" }, "R p/x"), created: "2026-01-01T00:00:00Z" },
  };
  const registrations = source("model-registration");

  it("a trusted one goes before the rest, then the source decides, then age; the others are shadowed", () => {
    const { registry } = createRegistry();
    const { environment, config, tenantOld, tenantNew, platform } = entries;
    registry.apply(registrations, { entries: [tenantNew, tenantOld], refused: [] });
    const order = () => [registry.get("x")!, ...registry.get("x")!.shadowed].map(({ location }) => location);
    expect(order()).toEqual(["R a/x", "R b/x"]);
    registry.apply(source("environment"), { entries: [environment], refused: [] });
    expect(order()).toEqual(["E", "R a/x", "R b/x"]);
    registry.apply(source("config-map"), { entries: [config], refused: [] });
    expect(order()).toEqual(["C", "E", "R a/x", "R b/x"]);
    registry.change(registrations, { items: new Map([["R p/x", platform]]), inferenceServices: new Map() });
    expect(order()).toEqual(["R p/x", "C", "E", "R a/x", "R b/x"]);
    expect(registry.unserved.map(({ location }) => location)).toEqual(["C", "E", "R a/x", "R b/x"]);
  });

  it("the next in order takes over when one goes", () => {
    const { registry } = createRegistry();
    registry.apply(registrations, { entries: [entries.tenantNew, entries.tenantOld], refused: [] });
    registry.change(registrations, { items: new Map([["R a/x", undefined]]), inferenceServices: new Map() });
    expect(registry.get("x")).toMatchObject({ description: "new", tenant: "b", shadowed: [] });
    registry.change(registrations, { items: new Map([["R b/x", undefined]]), inferenceServices: new Map() });
    expect(registry.get("x")).toBeUndefined();
  });
});
