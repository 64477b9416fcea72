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
        "The registry that is asked where `model-registry://` addresses name no other. Unset: the Service in `MODEL_REGISTRY_NAMESPACE`, on port 8080, or else `localhost:8080`.",
    },
  ),
  registryScheme: choice("MODEL_REGISTRY_SCHEME", ["http", "https"], {
    default: "http",
    meaning: "The scheme of registries whose address does not name one.",
  }),
  registryNamespace: checked(
    "MODEL_REGISTRY_NAMESPACE",
    "the name of a namespace",
    /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
    { meaning: "The namespace of the registry that is asked where `MODEL_REGISTRY_BASE_URL` is unset." },
  ),
  registryServiceName: text("MODEL_REGISTRY_SERVICE_NAME", "the name of a Service", {
    default: "model-registry-service",
    meaning:
      "The Service of the registry, in the namespace that an address names by `?namespace=` or that `MODEL_REGISTRY_NAMESPACE` does.",
  }),
  registryClusterDomain: checked("MODEL_REGISTRY_CLUSTER_DOMAIN", "a DNS name", hostForm, {
    default: "svc.cluster.local",
    meaning: "What the names of Services end with. Registries there may be asked.",
  }),
  registryAllowedHosts: listOf(
    "MODEL_REGISTRY_ALLOWED_HOSTS",
    "hosts, each with or without a port, with commas between them",
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
      "The bearer token for the registry that is asked where addresses name no other, and for `MODEL_REGISTRY_ALLOWED_HOSTS`. It is not sent to registries that only `?namespace=` names.",
  }),
  registryTokenFile: text("MODEL_REGISTRY_TOKEN_FILE", "a path to a file", {
    meaning: "The file with that token, such as a ServiceAccount's; takes precedence over `MODEL_REGISTRY_TOKEN`.",
  }),
  registryCaFile: text("MODEL_REGISTRY_CA_FILE", "a path to a PEM file", {
    meaning: "The authorities that sign the certificates of registries, instead of the usual ones.",
  }),
  registryTimeoutMs: duration("MODEL_REGISTRY_TIMEOUT", ["100ms", "5m"], {
    default: "10s",
    meaning: "How long one request to a registry may take. A registry that cannot be reached is tried again.",
  }),
  allowedArtifactPrefixes: listOf(
    "ALLOWED_ARTIFACT_URI_PREFIXES",
    "addresses such as s3://models/ with commas between them",
    /^[a-z][a-z0-9+.-]*:\/\/\S*$/i,
    {
      default: "",
      meaning:
        "What the addresses of files have to begin with, compared by whole path segments. Empty: any address. Link-local addresses and the metadata services of clouds are always refused.",
    },
  ),
  storagePython: text("STORAGE_INITIALIZER_PYTHON", "a program", {
    default: "python3",
    meaning: "The Python with KServe's package `kserve-storage`, which downloads.",
  }),
} as const;
