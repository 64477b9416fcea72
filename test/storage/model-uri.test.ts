import { describe, expect, it } from "vitest";
import { parseModelUri } from "../../src/storage/model-uri.ts";
import type { RegistryOptions } from "../../src/storage/registry-address.ts";
import { StorageError } from "../../src/storage/storage-error.ts";
import { hostileModelUris } from "./support/hostile-uris.ts";

const options: RegistryOptions = {
  baseUrl: "model-registry-service.kubeflow.svc.cluster.local:8081",
  namespace: "elsewhere",
  scheme: "http",
  serviceName: "model-registry-service",
  clusterDomain: "svc.cluster.local",
  allowedHosts: ["registry.example", "other.example:8443"],
};
const base = "http://model-registry-service.kubeflow.svc.cluster.local:8081";

describe("a model-registry address", () => {
  it.each([
    ["disk", base, { model: "disk" }],
    ["disk/2.1.0", base, { model: "disk", version: "2.1.0" }],
    ["disk@champion", base, { model: "disk", alias: "champion" }],
    ["org%2Fdisk/2%200", base, { model: "org/disk", version: "2 0" }],
    ["registry.example/disk", "http://registry.example", { model: "disk" }],
    ["registry.example:9000/disk@champion", "http://registry.example:9000", { model: "disk", alias: "champion" }],
    ["REGISTRY.example/disk/1", "http://registry.example", { model: "disk", version: "1" }],
    ["other.example:8443/disk/1", "http://other.example:8443", { model: "disk", version: "1" }],
    ["mr.ml.svc.cluster.local:8080/disk", "http://mr.ml.svc.cluster.local:8080", { model: "disk" }],
    ["mr.ml.svc:8080/disk/1", "http://mr.ml.svc:8080", { model: "disk", version: "1" }],
    ["disk/1?namespace=ml", "http://model-registry-service.ml.svc.cluster.local:8081", { model: "disk", version: "1" }],
    // A namespace wins over a host, which is dropped.
    [
      "registry.example/disk/1?namespace=ml",
      "http://model-registry-service.ml.svc.cluster.local:8081",
      { model: "disk", version: "1" },
    ],
    // Models that are named like hosts which nobody has allowed.
    ["model.v2/3", base, { model: "model.v2", version: "3" }],
    ["evil.example/disk", base, { model: "evil.example", version: "disk" }],
    ["10.0.0.1:8080/disk", base, { model: "10.0.0.1:8080", version: "disk" }],
    ["localhost/disk", base, { model: "localhost", version: "disk" }],
    // And like one that is.
    ["registry%2Eexample/disk", base, { model: "registry.example", version: "disk" }],
  ])("%s asks %s for %j", (uri, url, reference) => {
    const parsed = parseModelUri(`model-registry://${uri}`, options);
    expect(parsed.registry.url).toBe(url);
    expect(parsed.reference).toEqual(reference);
  });

  it.each([
    ["disk", undefined, "http://localhost:8080"],
    ["disk", "ml", "http://mr.ml.svc.cluster.local:8080"],
    ["disk?namespace=storage", "ml", "http://mr.storage.svc.cluster.local:8080"],
  ])("%s with no registry but the namespace %s asks %s", (uri, namespace, url) => {
    const service = { ...options, baseUrl: undefined, namespace, serviceName: "mr" };
    const { registry } = parseModelUri(`model-registry://${uri}`, service);
    expect(registry).toEqual({ url, isTrusted: !uri.includes("?") });
  });

  it.each([
    ["disk", true],
    ["registry.example/disk", true],
    ["registry.example:1/disk", true],
    ["other.example:8443/disk/1", true],
    ["mr.ml.svc.cluster.local:8080/disk", false],
    ["disk?namespace=ml", false],
    ["disk?namespace=kubeflow", true],
  ])("%s: the registry is sent the token: %s", (uri, isTrusted) => {
    expect(parseModelUri(`model-registry://${uri}`, options).registry.isTrusted).toBe(isTrusted);
  });

  it.each([
    ["evil.example/disk/1", "may not be called; list it in MODEL_REGISTRY_ALLOWED_HOSTS"],
    ["other.example:8444/disk/1", "may not be called"],
    ["disk/1@x", "may not be called"],
    ["a/b/c/d", "too many or empty parts"],
    ["disk?x=1", "only ?namespace="],
    ["disk/1@2?namespace=ml", "may not be called"],
  ])("%s is refused: %s", (uri, message) => {
    expect(() => parseModelUri(`model-registry://${uri}`, options)).toThrow(message);
  });

  it("leads to no host outside of those that are allowed, however it is written", () => {
    expect(hostileModelUris.length).toBeGreaterThan(150);
    for (const uri of hostileModelUris) {
      try {
        const { registry } = parseModelUri(
          uri.replaceAll("{canary}", "127.0.0.1:9").replaceAll("{canaryPort}", "9"),
          options,
        );
        // What can be read as the name of a model is asked of the registry of the configuration alone.
        expect.soft(registry.url, uri).toBe(base);
      } catch (error) {
        expect.soft(error, uri).toBeInstanceOf(StorageError);
      }
    }
  });
});
