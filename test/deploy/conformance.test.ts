import { describe, expect, it } from "vitest";
import { conformanceProblems } from "./support/conformance.ts";

/** The suites rely on these schemas: they have to refuse what an API server refuses. */
describe("the schemas of the API server", () => {
  it.each([
    ["a misspelt field of Kubernetes", "v1", "Service", { prots: [] }],
    ["a field of the wrong type", "apps/v1", "Deployment", { replicas: "two" }],
    ["a misspelt field of ours", "aiops.platform.io/v1alpha1", "ModelRegistration", { modelTyp: "anomaly" }],
    ["a misspelt field of others", "monitoring.coreos.com/v1", "ServiceMonitor", { endpoint: [] }],
  ])("refuse %s", async (_, apiVersion, kind, spec) => {
    const manifest = JSON.stringify({ apiVersion, kind, metadata: { name: "a" }, spec });
    expect(await conformanceProblems(manifest)).toEqual([expect.stringContaining(`${kind}/a: statusInvalid`)]);
  });

  it("reject an unknown kind", async () => {
    const manifest = JSON.stringify({ apiVersion: "example.com/v1", kind: "Thing", metadata: { name: "a" } });
    expect(await conformanceProblems(manifest)).toEqual([expect.stringContaining("could not find schema for Thing")]);
  });
});
