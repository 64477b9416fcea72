import { describe, expect, it } from "vitest";
import { type Env, legacyVariables, readConfig, variableGroups } from "../src/config/config.ts";

const read = (env: Env, podNamespace?: string) => readConfig(env, () => podNamespace);

describe("readConfig", () => {
  it("has a default for all that needs one, and each default has its own form", () => {
    const { config, problems, warnings } = read({});
    expect(problems).toEqual([]);
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({
      port: 8080,
      host: "::",
      integrationEnabled: true,
      namespace: "self-healing-platform",
      urlFormat: "http://{service}.{namespace}.svc.cluster.local",
      timeoutMs: 10_000,
      maxInFlight: 256,
      maxRequestBytes: 16 * 1024 * 1024,
      corsAllowedOrigins: ["*"],
      logLevel: "info",
    });
    for (const { variables } of variableGroups) {
      for (const variable of Object.values(variables)) {
        if (variable.default !== undefined) expect(variable.parse(variable.default), variable.name).toBeDefined();
      }
    }
  });

  it.each(["KSERVE_URL_FORMAT", "OIDC_ISSUER", "OIDC_JWKS_URL", "OTEL_EXPORTER_OTLP_ENDPOINT"])(
    "does not show the password in %s",
    (name) => {
      for (const password of ["hunter2", "hun/ter2", "hun@ter2"]) {
        for (const address of [
          `http://user:${password}@host.example/?query#fragment`,
          `user:${password}@host.example`,
        ]) {
          const { problems } = read({ [name]: address });
          expect(problems.join()).toContain(`${name}: expected `);
          expect(problems.join()).not.toMatch(/hun|ter2/);
        }
      }
    },
  );

  it.each<[string, Env, string | undefined, string]>([
    ["KSERVE_NAMESPACE", { KSERVE_NAMESPACE: "team-a" }, "pod-ns", "team-a"],
    ["the pod's own namespace", {}, "pod-ns", "pod-ns"],
    ["the last resort", { KSERVE_NAMESPACE: "" }, undefined, "self-healing-platform"],
  ])("takes the default namespace from %s", (_name, env, podNamespace, namespace) => {
    expect(read(env, podNamespace).config.namespace).toBe(namespace);
  });

  it.each<[string, Env, string | undefined, number]>([
    ["5 s in a cluster", {}, "pod-ns", 5000],
    ["none elsewhere", {}, undefined, 0],
    ["what SHUTDOWN_DELAY says", { SHUTDOWN_DELAY: "100ms" }, "pod-ns", 100],
  ])("has a delay of the shutdown of %s", (_name, env, podNamespace, delayMs) => {
    expect(read(env, podNamespace).config.shutdownDelayMs).toBe(delayMs);
  });

  it.each([
    ["PORT", "80a", 'expected a whole number from 0 to 65535, found "80a"'],
    ["PORT", "65536", "expected a whole number from 0 to 65535"],
    ["ENABLE_KSERVE_INTEGRATION", "maybe", "expected true or false"],
    ["KSERVE_TIMEOUT", "10", "expected a duration such as 10s, from 1s to 10m"],
    ["KSERVE_TIMEOUT", "500ms", "expected a duration such as 10s, from 1s to 10m"],
    ["KSERVE_TIMEOUT", "11m", "expected a duration such as 10s, from 1s to 10m"],
    ["MAX_REQUEST_SIZE", "16MB", "expected a size such as 16MiB, from 1KiB to 1GiB"],
    ["KSERVE_URL_FORMAT", "{service}", "expected a base address"],
    ["KSERVE_NAMESPACE", "Not_A_Label", "expected a DNS label"],
    ["LOG_LEVEL", "loud", "expected one of trace, debug, info"],
    ["OTEL_EXPORTER_OTLP_ENDPOINT", "collector:4318/x?", "expected a base address"],
  ])("refuses %s=%s", (name, value, problem) => {
    expect(read({ [name]: value }).problems).toEqual([expect.stringContaining(`${name}: ${problem}`)]);
  });

  it("refuses a memory in which no request has room", () => {
    const { problems } = read({ MAX_REQUEST_SIZE: "64MiB", MAX_BYTES_IN_MEMORY: "32MiB" });
    expect(problems).toEqual([expect.stringContaining("MAX_BYTES_IN_MEMORY: expected at least MAX_REQUEST_SIZE")]);
  });

  it("reports every problem at once", () => {
    const { problems } = read({ PORT: "x", LOG_LEVEL: "x", TLS_CERT_FILE: "/c" });
    expect(problems).toHaveLength(3);
    expect(problems[2]).toContain("TLS_CERT_FILE, TLS_KEY_FILE: expected both or neither");
  });

  it.each<[string, Env, object]>([
    ["0 disables readiness checks", { KSERVE_READINESS_INTERVAL: "0" }, { readinessIntervalMs: 0 }],
    ["sizes have units", { MAX_REQUEST_SIZE: "2KiB" }, { maxRequestBytes: 2048 }],
    ["durations have units", { KSERVE_TIMEOUT: "2m" }, { timeoutMs: 120_000 }],
    ["an empty variable counts as unset", { PORT: "" }, { port: 8080 }],
    ["an empty value disables CORS", { CORS_ALLOWED_ORIGINS: "" }, { corsAllowedOrigins: [] }],
    [
      "origins are comma-separated",
      { CORS_ALLOWED_ORIGINS: "http://a, http://b" },
      { corsAllowedOrigins: ["http://a", "http://b"] },
    ],
    ["one gateway for all models", { KSERVE_URL_FORMAT: "https://gw/prefix" }, { urlFormat: "https://gw/prefix" }],
  ])("%s", (_name, env, expected) => {
    expect(read(env)).toMatchObject({ problems: [], config: expected });
  });

  it.each([
    ["AUTH_MOD", "AUTH_MODE"],
    ["OIDC_ISSER", "OIDC_ISSUER"],
    ["TLS_CERTFILE", "TLS_CERT_FILE"],
    ["KSERVE_MODEL_REGSITRY", "KSERVE_MODEL_REGISTRY"],
    ["KSERVE_NAMESPCE", "KSERVE_NAMESPACE"],
  ])("refuses %s, which is nearly a name of its own, and says which", (name, meant) => {
    expect(read({ [name]: "x" }).problems).toEqual([`${name}: unknown variable; did you mean ${meant}?`]);
  });

  it("warns about others with its own beginnings, and about none besides", () => {
    const env = { KSERVE_SOMETHING_ELSE_ENTIRELY: "x", AUTH_PROXY_SECRET_STORE: "x", UNRELATED: "y", PROT: "1" };
    expect(read(env)).toMatchObject({
      problems: [],
      warnings: [
        "AUTH_PROXY_SECRET_STORE: unknown variable, ignored",
        "KSERVE_SOMETHING_ELSE_ENTIRELY: unknown variable, ignored",
      ],
    });
  });

  it("leaves alone what Kubernetes sets for Services with such names", () => {
    const { problems, warnings, config } = read({
      KSERVE_MODEL_REGISTRY_SERVICE_HOST: "10.0.0.1",
      KSERVE_MODEL_REGISTRY_SERVICE_PORT_HTTP_API: "8080",
      KSERVE_MODEL_REGISTRY_PORT_8080_TCP_ADDR: "10.0.0.1",
      KSERVE_MODEL_REGISTRY_PORT: "tcp://10.0.0.1:8080",
      KSERVE_PREDICTOR_PORT: "tcp://10.0.0.1:80",
    });
    expect(problems).toEqual([]);
    expect(config.predictorPort).toBeUndefined();
    expect(warnings).toEqual([
      expect.stringContaining("KSERVE_PREDICTOR_PORT=tcp://10.0.0.1:80 was set by Kubernetes"),
    ]);
  });

  it("takes the legacy variables for known", () => {
    expect(legacyVariables.map(({ name }) => name.replace("<X>", "DISK"))).toEqual([
      "KSERVE_DISK_SERVICE",
      "KSERVE_DISK_MODEL",
      "KSERVE_DISK_PROTOCOL",
    ]);
    expect(read({ KSERVE_DISK_SERVICE: "x", KSERVE_DISK_MODEL: "y", KSERVE_DISK_PROTOCOL: "v2" }).warnings).toEqual([]);
  });

  it("does not warn about the variable of the client commands", () => {
    expect(read({ KSERVE_MODEL_REGISTRY_ADDRESS: "http://x" }).warnings).toEqual([]);
  });
});

describe("a collector of traces", () => {
  const collector = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4317" };

  it.each<[string, Env, string]>([
    ["that of all signals", { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, "OTEL_EXPORTER_OTLP_PROTOCOL: grpc "],
    [
      "that of traces, before that of all",
      { OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf", OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/json" },
      "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: http/json ",
    ],
  ])("is refused by a protocol that is not spoken: %s", (_, env, problem) => {
    const { problems } = read({ ...collector, ...env });
    expect(problems).toEqual([expect.stringContaining(problem)]);
    expect(problems[0]).toContain("http/protobuf");
  });

  it.each<[string, Env]>([
    ["without a collector", { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }],
    ["with traces turned off", { ...collector, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc", OTEL_SDK_DISABLED: "true" }],
    [
      "where traces have their own",
      { ...collector, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc", OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "http/protobuf" },
    ],
  ])("may have any protocol %s", (_, env) => {
    expect(read(env).problems).toEqual([]);
  });

  it("has one of the protocols that OpenTelemetry names", () => {
    const { problems } = read({ OTEL_EXPORTER_OTLP_PROTOCOL: "udp" });
    expect(problems).toEqual([
      'OTEL_EXPORTER_OTLP_PROTOCOL: expected one of grpc, http/protobuf, http/json, found "udp"',
    ]);
  });
});

describe("access control", () => {
  it.each<[string, Env, string]>([
    ["oidc without an issuer", { AUTH_MODE: "oidc", OIDC_AUDIENCE: "a" }, "OIDC_ISSUER: missing"],
    ["oidc without an audience", { AUTH_MODE: "oidc", OIDC_ISSUER: "https://a" }, "OIDC_AUDIENCE: missing"],
    ["an issuer that nobody asks", { OIDC_ISSUER: "https://a" }, "OIDC_ISSUER: needs AUTH_MODE=oidc"],
    ["a claim that nobody reads", { AUTH_MODE: "kubernetes", AUTH_MODELS_CLAIM: "m" }, "AUTH_MODELS_CLAIM: needs"],
    ["an audience of another mode", { KUBERNETES_AUDIENCE: "a" }, "KUBERNETES_AUDIENCE: needs AUTH_MODE=kubernetes"],
    [
      "an issuer that is not an address",
      { AUTH_MODE: "oidc", OIDC_ISSUER: "a", OIDC_AUDIENCE: "a" },
      "OIDC_ISSUER: expected",
    ],
    ["an unknown mode", { AUTH_MODE: "on" }, "AUTH_MODE: expected one of off, oidc, kubernetes"],
    [
      "an unknown opening",
      { AUTH_OPEN: "health,models" },
      "AUTH_OPEN: expected a comma-separated choice of health, metrics, openapi",
    ],
    ["nothing together with something", { AUTH_OPEN: "none,health" }, "AUTH_OPEN: expected"],
    ["authorities without TLS", { TLS_CLIENT_CA_FILE: "/ca" }, "TLS_CLIENT_CA_FILE: needs TLS_CERT_FILE"],
    ["names without authorities", { TLS_CLIENT_NAMES: "a" }, "TLS_CLIENT_NAMES: needs TLS_CLIENT_CA_FILE"],
    [
      "names that are none",
      { TLS_CERT_FILE: "/c", TLS_KEY_FILE: "/k", TLS_CLIENT_CA_FILE: "/ca", TLS_CLIENT_NAMES: "," },
      "TLS_CLIENT_NAMES: expected at least one",
    ],
  ])("is not half on: %s", (_title, env, problem) => {
    expect(read(env).problems).toContainEqual(expect.stringContaining(problem));
  });
});
