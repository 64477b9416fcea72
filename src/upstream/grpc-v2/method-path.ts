/** The path of a method of the Open Inference Protocol. */
export function methodPath(method: string): string {
  return `/inference.GRPCInferenceService/${method}`;
}
