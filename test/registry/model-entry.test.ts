import { describe, expect, it } from "vitest";
import { parseModelEntry } from "../../src/registry/model-entry.ts";

const good = { name: "a", service: "a-predictor", type: "anomaly" };

describe("parseModelEntry", () => {
  it("fills in what is left out", () => {
    expect(parseModelEntry(good, "team-a").entry).toEqual({
      name: "a",
      service: "a-predictor",
      namespace: "team-a",
      type: "anomaly",
      description: "",
      url: undefined,
      port: undefined,
      model: "a",
      timeoutMs: undefined,
      forwardAuthorization: false,
      credentials: undefined,
      triggers: [],
      inputFeatures: [],
      inputFormat: "array",
      protocol: undefined,
      outputFormat: undefined,
      remediationActions: [],
    });
  });

  it("reads every field", () => {
    const { entry } = parseModelEntry(
      {
        name: "disk-failure-predictor",
        namespace: "storage-monitoring",
        type: "predictive",
        description: "Predicts disk failures",
        url: "https://models.example/prefix/",
        model: "disk_v2",
        timeout: "90s",
        forwardAuthorization: true,
        caFile: "/etc/ca.pem",
        triggers: ["resource_spike", { type: "metric-threshold", metric: "disk_utilization", threshold: 85 }],
        inputFeatures: ["disk_utilization", { name: "iops" }],
        outputFormat: { field: "failure_probability", threshold: 0.7 },
        remediationActions: [{ type: "scale-storage", target: "increase-capacity", by: { percent: 20 } }],
      },
      "x",
    );
    expect(entry).toMatchObject({
      service: "",
      url: "https://models.example/prefix",
      model: "disk_v2",
      timeoutMs: 90_000,
      forwardAuthorization: true,
      credentials: { caFile: "/etc/ca.pem", clientCertFile: undefined, clientKeyFile: undefined, tokenFile: undefined },
      triggers: [{ name: "resource_spike" }, { type: "metric-threshold", metric: "disk_utilization", threshold: 85 }],
      inputFeatures: [{ name: "disk_utilization" }, { name: "iops" }],
      outputFormat: { field: "failure_probability", threshold: 0.7 },
      remediationActions: [{ type: "scale-storage", target: "increase-capacity", by: { percent: 20 } }],
    });
  });

  it.each<[string, unknown, string, string]>([
    ["no object", 5, "", "expected an object, found a number"],
    ["null", null, "", "expected an object, found null"],
    ["a list", [], "", "expected an object, found a list"],
    ["no name", { ...good, name: undefined }, "name", "missing; expected a DNS label"],
    ["an upper-case name", { ...good, name: "Anomaly" }, "name", 'found "Anomaly"'],
    ["a name with a slash", { ...good, name: "a/b" }, "name", "expected a DNS label"],
    ["a name of 64 characters", { ...good, name: "a".repeat(64) }, "name", "1 to 63"],
    ["a number for a name", { ...good, name: 5 }, "name", "found 5"],
    ["no service and no url", { name: "a", type: "anomaly" }, "service", "missing"],
    ["a service with a dot", { ...good, service: "a.b" }, "service", "expected a DNS label"],
    ["a namespace that is none", { ...good, namespace: "A_b" }, "namespace", "expected a DNS label"],
    ["no type", { name: "a", service: "b" }, "type", "missing; expected anomaly, predictive or classification"],
    ["an unknown type", { ...good, type: "regression" }, "type", 'found "regression"'],
    [
      "a long description",
      { ...good, description: "x".repeat(4097) },
      "description",
      "at most 4096 characters, found 4097",
    ],
    ["a list for a description", { ...good, description: [] }, "description", "expected a text, found a list"],
    ["a url that is none", { ...good, url: "model:8080/x y" }, "url", "expected a base address"],
    ["a url of another scheme", { ...good, url: "ftp://a" }, "url", "with http or https"],
    ["a url with a query", { ...good, url: "http://a/?x=1" }, "url", "without '?' and '#'"],
    ["a port beyond the last", { ...good, port: 65_536 }, "port", "from 1 to 65535; found 65536"],
    ["a text for a port", { ...good, port: "80" }, "port", 'found "80"'],
    ["a port beside a url", { ...good, url: "http://a", port: 80 }, "port", "not together with url"],
    ["a path name with a percent sign", { ...good, model: "a%2Fb" }, "model", "expected a name without"],
    ["a path name with a slash at its end", { ...good, model: "a/" }, "model", "without '/' at its ends"],
    ["a path name with an empty part", { ...good, model: "a//b" }, "model", '"//"'],
    ["a path name that leads up", { ...good, model: "a/../b" }, "model", '".."'],
    ["a path name that is nothing but dots", { ...good, model: ".." }, "model", '".."'],
    ["a url of gRPC", { ...good, url: "grpc://a:8081" }, "url", 'write "http://a:8081" and protocol: grpc-v2'],
    [
      "a timeout without a unit",
      { ...good, timeout: "30" },
      "timeout",
      "expected a duration such as 30s, from 1s to 10m",
    ],
    ["a timeout that is too long", { ...good, timeout: "11m" }, "timeout", 'found "11m"'],
    ["a relative path", { ...good, tokenFile: "token" }, "tokenFile", "expected an absolute path"],
    ["a path with a NUL", { ...good, caFile: "/a\0b" }, "caFile", "expected an absolute path"],
    ["a certificate without a key", { ...good, clientCertFile: "/c" }, "clientKeyFile", "missing; expected together"],
    ["a key without a certificate", { ...good, clientKeyFile: "/k" }, "clientCertFile", "missing; expected together"],
    [
      "two authorizations",
      { ...good, tokenFile: "/t", forwardAuthorization: true },
      "tokenFile",
      "not together with forwardAuthorization",
    ],
    ["a text for a flag", { ...good, forwardAuthorization: "yes" }, "forwardAuthorization", "expected true or false"],
    [
      "triggers that are not a list",
      { ...good, triggers: "x" },
      "triggers",
      "expected a list of at most 1024, found a string",
    ],
    ["too many triggers", { ...good, triggers: Array(1025).fill("x") }, "triggers", "found 1025"],
    ["a trigger without a type", { ...good, triggers: [{ metric: "x" }] }, "triggers[0].type", "missing"],
    [
      "a threshold that is not a number",
      { ...good, triggers: ["a", { type: "x", threshold: "85" }] },
      "triggers[1].threshold",
      "expected a number",
    ],
    ["a feature without a name", { ...good, inputFeatures: [{}] }, "inputFeatures[0].name", "missing"],
    ["a feature that is a number", { ...good, inputFeatures: [1] }, "inputFeatures[0]", "expected a name"],
    [
      "a feature named twice",
      { ...good, inputFeatures: ["a", "b", "a"] },
      "inputFeatures[2]",
      'the name "a" is used twice',
    ],
    ["an output format that is a text", { ...good, outputFormat: "x" }, "outputFormat", "expected an object"],
    [
      "an output threshold that is none",
      { ...good, outputFormat: { threshold: "0.7" } },
      "outputFormat.threshold",
      "expected a number",
    ],
    [
      "an unknown key of the output format",
      { ...good, outputFormat: { feild: "x" } },
      "outputFormat.feild",
      "did you mean field?",
    ],
    [
      "an action without a type",
      { ...good, remediationActions: [{ severity: "warning" }] },
      "remediationActions[0].type",
      "missing",
    ],
    ["a misspelt field", { ...good, namspace: "x" }, "namspace", "unknown field; did you mean namespace?"],
    ["a field of another world", { ...good, replicas: 1 }, "replicas", "unknown field; known are name, service"],
  ])("refuses %s", (_name, value, field, message) => {
    const { problems } = parseModelEntry(value, "default");
    expect(problems).toContainEqual({ field, message: expect.stringContaining(message) });
  });

  it("reports every problem at once", () => {
    const { problems } = parseModelEntry({ name: "A", service: "B", type: "c", triggers: [5], port: 0 }, "default");
    expect(problems.map(({ field }) => field)).toEqual(["name", "service", "type", "port", "triggers[0]"]);
  });

  it.each(["http://user:hunter2@host", "http://user:hunter2@a host", "user:hunter2@a host", "grpc://user:hunter2@a"])(
    "never repeats a password in the url %s",
    (url) => {
      const { problems } = parseModelEntry({ ...good, url }, "default");
      expect(problems).toHaveLength(1);
      expect(JSON.stringify(problems)).not.toContain("hunter2");
    },
  );
});
