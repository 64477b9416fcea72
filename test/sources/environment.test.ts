import { describe, expect, it } from "vitest";
import { readEnvironmentRegistry } from "../../src/sources/env.ts";
import { readLegacyEnvironment } from "../../src/sources/legacy-env.ts";

describe("KSERVE_MODEL_REGISTRY", () => {
  it("gives its entries, with where they stand", () => {
    const json = JSON.stringify([
      { name: "anomaly-detector", service: "anomaly-detector-predictor", type: "anomaly" },
      { name: "disk", service: "disk-predictor", namespace: "storage", type: "predictive" },
    ]);
    const { entries, problems } = readEnvironmentRegistry(json, "self-healing-platform");
    expect(problems).toEqual([]);
    expect(entries.map(({ entry, location }) => [entry.name, entry.namespace, location])).toEqual([
      ["anomaly-detector", "self-healing-platform", "KSERVE_MODEL_REGISTRY[0]"],
      ["disk", "storage", "KSERVE_MODEL_REGISTRY[1]"],
    ]);
  });

  it.each([
    ["[", "KSERVE_MODEL_REGISTRY: not JSON"],
    ['{"models":[]}', "KSERVE_MODEL_REGISTRY: expected a JSON array of entries"],
    ['\'[{"name":"a"}]\'', "the whole value is in quotes, '; remove them"],
    ['"[{\\"name\\":\\"a\\"}]"', "the whole value is in quotes, or was encoded twice"],
    ["\ufeff[]", "begins with a byte order mark"],
    ['[{"name":1234,"service":"b","type":"anomaly"}]', "found 1234; put it in quotes"],
    ["[5]", "KSERVE_MODEL_REGISTRY[0]: expected an object, found a number"],
    ['[{"name":"a","service":"b"}]', "KSERVE_MODEL_REGISTRY[0] (a): type: missing"],
    [
      '[{"name":"x","service":"x","type":"anomaly"},{"name":"a","name":"b","service":"b","type":"anomaly"}]',
      "KSERVE_MODEL_REGISTRY[1] (b): name: is repeated",
    ],
    [
      String.raw`[{"name":"a","service":"a","type":"anomaly","inputFeatures":["x",{"name":"y","unit":"\"","un\u0069t":":"}]}]`,
      "KSERVE_MODEL_REGISTRY[0] (a): inputFeatures[1].unit: is repeated",
    ],
  ])("%s is refused with %s", (json, problem) => {
    expect(readEnvironmentRegistry(json, "ns").problems).toEqual([expect.stringContaining(problem)]);
  });

  it("may have the same key in several objects, and a text that looks like one", () => {
    const entry = { service: "a", type: "anomaly", description: '"name": "b", {[' };
    const json = JSON.stringify([
      { name: "a", ...entry, inputFeatures: [{ name: "name" }, { name: "x" }] },
      { name: "b", ...entry },
    ]);
    expect(readEnvironmentRegistry(json, "ns").problems).toEqual([]);
  });

  it("takes one name in two namespaces", () => {
    const json = JSON.stringify([
      { name: "a", service: "a", type: "anomaly" },
      { name: "a", service: "a", type: "anomaly", namespace: "other" },
    ]);
    const { entries, problems } = readEnvironmentRegistry(json, "ns");
    expect([problems, entries.map(({ entry }) => entry.namespace)]).toEqual([[], ["ns", "other"]]);
  });

  it("names the problems of all entries at once, and a name that is used twice", () => {
    const json = JSON.stringify([
      { name: "a", service: "a", type: "anomaly" },
      { name: "b", service: "B", type: "x" },
      { name: "a", service: "c", type: "anomaly" },
    ]);
    expect(readEnvironmentRegistry(json, "ns").problems).toEqual([
      expect.stringContaining("KSERVE_MODEL_REGISTRY[1] (b): service: expected a DNS label"),
      expect.stringContaining("KSERVE_MODEL_REGISTRY[1] (b): type: expected anomaly, predictive or classification"),
      "KSERVE_MODEL_REGISTRY[2] (a): name: used twice; KSERVE_MODEL_REGISTRY[0] has it already, and names are unique within a namespace",
    ]);
  });
});

describe("the legacy variables", () => {
  it("give the two models that they were made for, and any other", () => {
    const { entries, problems } = readLegacyEnvironment(
      {
        KSERVE_PREDICTIVE_ANALYTICS_SERVICE: "predictive-analytics-predictor",
        KSERVE_ANOMALY_DETECTOR_SERVICE: "anomaly-detector-predictor",
        KSERVE_DISK_FAILURE_SERVICE: "disk",
        KSERVE_DISK_FAILURE_MODEL: "disk_v2",
        KSERVE_EMPTY_SERVICE: "",
        OTHER_SERVICE: "x",
      },
      "ns",
    );
    expect(problems).toEqual([]);
    expect(
      entries.map(({ entry, location }) => [entry.name, entry.service, entry.type, entry.model, location]),
    ).toEqual([
      [
        "anomaly-detector",
        "anomaly-detector-predictor",
        "anomaly",
        "anomaly-detector",
        "KSERVE_ANOMALY_DETECTOR_SERVICE",
      ],
      ["disk-failure", "disk", undefined, "disk_v2", "KSERVE_DISK_FAILURE_SERVICE"],
      [
        "predictive-analytics",
        "predictive-analytics-predictor",
        "predictive",
        "predictive-analytics",
        "KSERVE_PREDICTIVE_ANALYTICS_SERVICE",
      ],
    ]);
  });

  it("are named where they are wrong", () => {
    expect(readLegacyEnvironment({ KSERVE_A_SERVICE: "http://x", KSERVE_A_MODEL: "b/../c" }, "ns").problems).toEqual([
      expect.stringContaining("KSERVE_A_SERVICE: expected a DNS label"),
      expect.stringContaining("KSERVE_A_MODEL: expected a name"),
    ]);
  });
});
