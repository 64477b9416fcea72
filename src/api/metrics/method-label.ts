const typedService = /^kserve\.(?:models|namespaces|clusters|cluster_namespaces)\./;

/** The method of a call as a label: those of all typed services are one, for each of them is named after a model. */
export function methodLabel(method: string): string {
  return typedService.test(method) ? "kserve.models.*/Predict" : method;
}
