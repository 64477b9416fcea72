import { isBaseUrl, isDnsLabel } from "../base/field-reader.ts";
import { linkFinalizer, linkLabels, registryUrlAnnotation } from "../registry/link-labels.ts";
import { checked, choice, flag, integer, listOf } from "./config-variable.ts";

/** The name of a label, an annotation or a finalizer: `DOMAIN/NAME`. */
const qualifiedName = /^(?:[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9](?:[-\w.]{0,61}[A-Za-z0-9])?$/;

function named<const D extends string>(name: string, fallback: D, meaning: string) {
  const about = { default: fallback, emptyCounts: true, meaning } as const;
  return checked(name, "a name such as example.org/name", qualifiedName, about);
}

/** How the controller writes InferenceServices into the registry of versions; the names are those of Kubeflow's controller. */
export const controllerVariables = {
  inferenceServiceController: choice("INFERENCE_SERVICE_CONTROLLER", ["managed", "unmanaged"], {
    default: "unmanaged",
    meaning:
      "Whether the controller records InferenceServices with the labels below in the registry of versions. The manifests set `managed`.",
  }),
  registeredModelIdLabel: named(
    "REGISTERED_MODEL_ID_LABEL",
    linkLabels.registeredModelId,
    "The label with the ID of the registered model, which requests the link.",
  ),
  modelVersionIdLabel: named(
    "MODEL_VERSION_ID_LABEL",
    linkLabels.modelVersionId,
    "The label with the ID of the version.",
  ),
  inferenceServiceIdLabel: named(
    "INFERENCE_SERVICE_ID_LABEL",
    linkLabels.inferenceServiceId,
    "The label with the ID of the registry's record, which the controller writes.",
  ),
  registryNamespaceLabel: named(
    "NAMESPACE_LABEL",
    linkLabels.registryNamespace,
    "The label with the registry's namespace. It must be one of `REGISTRIES_NAMESPACE`.",
  ),
  registryNameLabel: named(
    "NAME_LABEL",
    linkLabels.registryName,
    "The label with the name of the registry's Service, if its namespace has several.",
  ),
  registryUrlAnnotation: named(
    "URL_ANNOTATION",
    registryUrlAnnotation,
    "The annotation with the registry's address. It must be `VERSIONS_URL` or one of `REGISTRY_URLS`.",
  ),
  linkFinalizer: named(
    "FINALIZER",
    linkFinalizer,
    "Keeps a deleted InferenceService until its record in the registry has been updated.",
  ),
  registryServiceAnnotation: named(
    "SERVICE_ANNOTATION",
    "routing.kubeflow.org/external-address-rest",
    "The annotation of the registry's Service with its external address, `host[:port]`, which is called over HTTPS.",
  ),
  registriesNamespaces: listOf("REGISTRIES_NAMESPACE", "comma-separated namespaces", isDnsLabel, {
    meaning:
      "The namespaces whose Services may be registries. For an InferenceService that names no namespace, the first is used. No InferenceService can make the controller call any other address. Unset: the controller's own, else `kubeflow`.",
  }),
  registryUrls: listOf("REGISTRY_URLS", "comma-separated addresses", isBaseUrl, {
    default: "",
    meaning:
      "The addresses that the annotation may name, besides `VERSIONS_URL`. The controller sends its token to them.",
  }),
  controllerMetrics: choice("CONTROLLER_METRICS", ["plain", "secure", "off"], {
    default: "plain",
    meaning:
      "How the controller serves `/metrics` on `PORT`. plain: over HTTP, to anyone who can reach the port. secure: over TLS, to scrapers with a cluster token whose account may `get` the path `/metrics`. off: not at all. The manifests set `secure`.",
  }),
  probePort: integer("HEALTH_PROBE_PORT", [0, 65_535], {
    meaning:
      "A separate HTTP port for the controller's `/livez` (also `/healthz`) and `/readyz`, which `PORT` serves too. 0 picks a free port. Unset: none.",
  }),
  skipTlsVerify: flag("SKIP_TLS_VERIFY", {
    default: "false",
    meaning: "Accepts any certificate from a registry. For tests only: anyone on the network path can read the token.",
  }),
} as const;
