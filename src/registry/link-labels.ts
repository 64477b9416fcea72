/**
 * The labels by which an InferenceService names the record of the registry of versions that it serves. They are those
 * of Kubeflow's registry, so that objects labelled by its tools are linked here too.
 */
export const linkLabels = {
  /** The id of the registered model. With it a user asks for the link. */
  registeredModelId: "modelregistry.kubeflow.org/registered-model-id",
  /** The id of the version; without it the newest one is meant. */
  modelVersionId: "modelregistry.kubeflow.org/model-version-id",
  /** The id of the registry's record of the InferenceService, which the controller writes. */
  inferenceServiceId: "modelregistry.kubeflow.org/inference-service-id",
  /** The namespace of the registry, where there are several. */
  registryNamespace: "modelregistry.kubeflow.org/namespace",
  /** The name of the registry's Service, where there are several in its namespace. */
  registryName: "modelregistry.kubeflow.org/name",
} as const;

/** The annotation with the registry's address, which takes precedence over the Service that the labels name. */
export const registryUrlAnnotation = "modelregistry.kubeflow.org/url";

/** Keeps a deleted InferenceService until its record in the registry has been updated. */
export const linkFinalizer = "modelregistry.kubeflow.org/finalizer";
