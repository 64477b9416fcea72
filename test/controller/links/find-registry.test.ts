import { describe, expect, it } from "vitest";
import { findRegistry, type RegistryRules } from "../../../src/controller/links/find-registry.ts";
import type { LinkProblem } from "../../../src/controller/links/link-problem.ts";
import { linkedServiceOf } from "../../../src/controller/links/linked-service.ts";
import { linkFinalizer, linkLabels, registryUrlAnnotation } from "../../../src/registry/link-labels.ts";

const rules: RegistryRules = {
  defaultUrl: undefined,
  urls: ["http://registry.example:8080", "https://second.example/prefix/"],
  namespaces: ["kubeflow", "platform"],
  serviceAnnotation: "routing.kubeflow.org/external-address-rest",
  clusterDomain: "cluster.local",
};

const names = { ...linkLabels, registryUrl: registryUrlAnnotation, finalizer: linkFinalizer };

function linked(labels: Record<string, string>, url?: string) {
  const annotations = url === undefined ? {} : { [registryUrlAnnotation]: url };
  const metadata = { name: "disk", namespace: "team", uid: "1", resourceVersion: "1", labels, annotations };
  return linkedServiceOf({ metadata }, names);
}

const service = (name: string, fields: object = {}) => ({
  metadata: { name, ...fields },
  spec: {
    ports: [
      { name: "grpc", port: 9090 },
      { name: "http-api", port: 8080 },
    ],
  },
});

/** An API server that has these Services in every namespace, and notes what it is asked for. */
function kubeWith(...services: ReturnType<typeof service>[]) {
  const asked: string[] = [];
  return {
    asked,
    async find<T>(path: string): Promise<T | undefined> {
      asked.push(path);
      const name = /\/services\/([^?]+)$/.exec(path)?.[1];
      return (name === undefined ? { items: services } : services.find(({ metadata }) => metadata.name === name)) as T;
    },
  };
}

const find = (
  labels: Record<string, string>,
  url: string | undefined,
  kube = kubeWith(service("registry")),
  more = {},
) => findRegistry(linked(labels, url), { ...rules, ...more }, kube, AbortSignal.timeout(5000));

const reasonOf = (found: Promise<string>): Promise<string> =>
  found.then(
    (address) => address,
    (problem: LinkProblem) => problem.reason,
  );

describe("the registry of an InferenceService", () => {
  const at = linkLabels.registryNamespace;
  const called = linkLabels.registryName;

  it.each<[string, Record<string, string>, ReturnType<typeof service>[], object, string]>([
    [
      "the only Service of the first namespace",
      {},
      [service("registry")],
      {},
      "http://registry.kubeflow.svc.cluster.local:8080",
    ],
    ["the default one where nothing is named", {}, [], { defaultUrl: "http://own:1/" }, "http://own:1"],
    [
      "a Service that is named, before the default one",
      { [called]: "two", [at]: "platform" },
      [service("one"), service("two")],
      { defaultUrl: "http://own:1" },
      "http://two.platform.svc.cluster.local:8080",
    ],
    [
      "the external address of a Service",
      {},
      [service("registry", { annotations: { [rules.serviceAnnotation]: "registry.example:8443" } })],
      {},
      "https://registry.example:8443",
    ],
    [
      "none, where that is not an address",
      {},
      [service("registry", { annotations: { [rules.serviceAnnotation]: "evil.example/path?" } })],
      {},
      "RegistryNotFound",
    ],
    ["none, where there is no Service", {}, [], {}, "RegistryNotFound"],
    ["none, where the named Service is not there", { [called]: "two" }, [service("one")], {}, "RegistryNotFound"],
    ["none, where there are several", {}, [service("one"), service("two")], {}, "SeveralRegistries"],
    ["none in another namespace", { [at]: "team" }, [service("one")], {}, "RegistryNotAllowed"],
    ["none where no port is named", {}, [{ ...service("one"), spec: { ports: [] } }], {}, "RegistryNotFound"],
  ])("is %s", async (_title, labels, services, more, expected) => {
    expect(await reasonOf(find(labels, undefined, kubeWith(...services), more))).toBe(expected);
  });

  it("may be named by an address that is allowed, to the letter but for slashes at its end", async () => {
    expect(await reasonOf(find({}, "http://registry.example:8080/"))).toBe("http://registry.example:8080");
    expect(await reasonOf(find({}, "https://second.example/prefix"))).toBe("https://second.example/prefix");
  });

  const hosts = [
    ...["evil.example", "169.254.169.254", "[fd00:ec2::254]", "metadata.google.internal", "127.0.0.1", "localhost"],
    ...["registry.example", "registry.example:8081", "registry.example:80808", "registry.example.evil.example:8080"],
    ...["REGISTRY.EXAMPLE:8080", "registry.example:8080@evil.example", "evil.example#registry.example:8080"],
    ...[
      "registry.example%2eevil.example:8080",
      "registry.example:8080%40evil.example",
      "registry.example:8080\\@evil.example",
    ],
    ...[
      "registry.example:8080\u0000.evil.example",
      "registry.example:8080\r\nhost: evil.example",
      "2852039166",
      "0xa9fea9fe",
    ],
  ];
  const schemes = ["http://", "https://", "HTTP://", "file://", "gopher://", "//", "", "javascript:", " http://"];
  const paths = ["", "/../", "?a=", "/prefix"];
  const hostile = hosts
    .flatMap((host) => schemes.flatMap((scheme) => paths.map((path) => `${scheme}${host}${path}`)))
    .filter((url) => url !== "");

  it(`is none of ${hostile.length} addresses that are not allowed, nor is the API server asked about them`, async () => {
    expect(hostile.length).toBeGreaterThan(200);
    const kube = kubeWith(service("registry"));
    for (const url of hostile) expect(await reasonOf(find({}, url, kube)), url).toBe("RegistryNotAllowed");
    expect(kube.asked).toEqual([]);
  });

  it.each(["../secrets/token", "a/b", "one?x", "ONE", "one%2ftwo", "a".repeat(64)])(
    "is not a Service of the name %j, which is not asked for",
    async (name) => {
      const kube = kubeWith();
      expect(await reasonOf(find({ [called]: name }, undefined, kube))).toBe("RegistryNotFound");
      expect(kube.asked).toEqual([]);
    },
  );
});
