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
      "Whether the controller writes InferenceServices with the labels below into the registry of versions. The manifests set `managed`.",
  }),
  registeredModelIdLabel: named(
    "REGISTERED_MODEL_ID_LABEL",
    linkLabels.registeredModelId,
    "The label with the id of the registered model, by which a user asks for the link.",
  ),
  modelVersionIdLabel: named(
    "MODEL_VERSION_ID_LABEL",
    linkLabels.modelVersionId,
    "The label with the id of the version.",
  ),
  inferenceServiceIdLabel: named(
    "INFERENCE_SERVICE_ID_LABEL",
    linkLabels.inferenceServiceId,
    "The label with the id of the registry's record, which the controller writes.",
  ),
  registryNamespaceLabel: named(
    "NAMESPACE_LABEL",
    linkLabels.registryNamespace,
    "The label with the namespace of the registry. It has to be one of `REGISTRIES_NAMESPACE`.",
  ),
  registryNameLabel: named(
    "NAME_LABEL",
    linkLabels.registryName,
    "The label with the name of the registry's Service, where there are several in its namespace.",
  ),
  registryUrlAnnotation: named(
    "URL_ANNOTATION",
    registryUrlAnnotation,
    "The annotation with the address of the registry. It has to be `VERSIONS_URL`, or one of `REGISTRY_URLS`.",
  ),
  linkFinalizer: named(
    "FINALIZER",
    linkFinalizer,
    "Keeps a deleted InferenceService until its record in the registry has been updated.",
  ),
  registryServiceAnnotation: named(
    "SERVICE_ANNOTATION",
    "routing.kubeflow.org/external-address-rest",
    "The annotation of the registry's Service with its external address, `host[:port]`, which is called by https.",
  ),
  registriesNamespaces: listOf("REGISTRIES_NAMESPACE", "namespaces with commas between them", isDnsLabel, {
    meaning:
      "The namespaces whose Services may be registries. An InferenceService that names no namespace means the first. No InferenceService can make the controller call any other place. Unset: the controller's own, else `kubeflow`.",
  }),
  registryUrls: listOf("REGISTRY_URLS", "addresses with commas between them", isBaseUrl, {
    default: "",
    meaning: "The addresses that the annotation may name, besides `VERSIONS_URL`. The controller's token goes to them.",
  }),
  controllerMetrics: choice("CONTROLLER_METRICS", ["plain", "secure", "off"], {
    default: "plain",
    meaning:
      "How the controller serves `/metrics` on `PORT`. plain: by HTTP, to anyone who reaches the port. secure: the port speaks TLS, and a scraper needs a token of the cluster with the right to `get` the path `/metrics`. off: not at all. The manifests set `secure`.",
  }),
  probePort: integer("HEALTH_PROBE_PORT", [0, 65_535], {
    meaning:
      "A port of its own for the controller's `/livez` (also `/healthz`) and `/readyz`, by HTTP, besides `PORT`, which has them too. 0 takes a free one. Unset: none.",
  }),
  skipTlsVerify: flag("SKIP_TLS_VERIFY", {
    default: "false",
    meaning: "Accepts any certificate of a registry. For tests only: anyone on the way can read the token.",
  }),
} as const;
