import { checked, choice, duration, listOf, text } from "./config-variable.ts";

const hostForm = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?(:\d{1,5})?$/i;

/** What the storage initializer asks, and what it may reach. */
export const storageVariables = {
  registryBaseUrl: checked(
    "MODEL_REGISTRY_BASE_URL",
    "host:port, or an address such as https://registry.example",
    (value) => hostForm.test(value) || /^https?:\/\/[^/?#@\s]+\/?$/i.test(value),
    {
      meaning:
        "The registry to use for `model-registry://` addresses that name no other. Unset: the Service in `MODEL_REGISTRY_NAMESPACE`, on port 8080, or else `localhost:8080`.",
    },
  ),
  registryScheme: choice("MODEL_REGISTRY_SCHEME", ["http", "https"], {
    default: "http",
    meaning: "The scheme for registries whose address has none.",
  }),
  registryNamespace: checked("MODEL_REGISTRY_NAMESPACE", "a namespace", /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, {
    meaning: "The registry's namespace, used if `MODEL_REGISTRY_BASE_URL` is unset.",
  }),
  registryServiceName: text("MODEL_REGISTRY_SERVICE_NAME", "the name of a Service", {
    default: "model-registry-service",
    meaning:
      "The registry's Service, in the namespace given by an address's `?namespace=` or by `MODEL_REGISTRY_NAMESPACE`.",
  }),
  registryClusterDomain: checked("MODEL_REGISTRY_CLUSTER_DOMAIN", "a DNS name", hostForm, {
    default: "svc.cluster.local",
    meaning: "The domain suffix of Services. Registries in it may be called.",
  }),
  registryAllowedHosts: listOf(
    "MODEL_REGISTRY_ALLOWED_HOSTS",
    "comma-separated hosts, each with or without a port",
    hostForm,
    {
      default: "",
      meaning:
        "Registries outside the cluster that addresses may name, besides the default one. The token is sent to these and to the default one.",
    },
  ),
  registryToken: text("MODEL_REGISTRY_TOKEN", "a token", {
    secret: true,
    meaning:
      "The bearer token for the default registry and for `MODEL_REGISTRY_ALLOWED_HOSTS`. It is not sent to registries that only `?namespace=` names.",
  }),
  registryTokenFile: text("MODEL_REGISTRY_TOKEN_FILE", "a path to a file", {
    meaning: "The file with that token, such as a ServiceAccount's; takes precedence over `MODEL_REGISTRY_TOKEN`.",
  }),
  registryCaFile: text("MODEL_REGISTRY_CA_FILE", "a path to a PEM file", {
    meaning: "The CA certificates for registries, instead of the default ones.",
  }),
  registryTimeoutMs: duration("MODEL_REGISTRY_TIMEOUT", ["100ms", "5m"], {
    default: "10s",
    meaning: "How long one request to a registry may take. An unreachable registry is retried.",
  }),
  allowedArtifactPrefixes: listOf(
    "ALLOWED_ARTIFACT_URI_PREFIXES",
    "comma-separated addresses such as s3://models/",
    /^[a-z][a-z0-9+.-]*:\/\/\S*$/i,
    {
      default: "",
      meaning:
        "The prefixes that file addresses must start with, compared by whole path segments. Empty: any address. Link-local addresses and cloud metadata services are always refused.",
    },
  ),
  storagePython: text("STORAGE_INITIALIZER_PYTHON", "a program", {
    default: "python3",
    meaning: "The Python interpreter with KServe's package `kserve-storage`, which does the downloads.",
  }),
} as const;
