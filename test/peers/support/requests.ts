/** A request of the service as a person writes it, and the parts of an answer that every peer shows. */
export const oddRow = '{"name": "anomaly-detector", "instances": [[0.5, 1.2, 0.8]]}';

/** A row of the wrong width for the model, which only the model notices. */
export const shortRow = '{"name": "anomaly-detector", "instances": [[0.5, 1.2]]}';

/** A row of the wrong width for the declared features, which the service notices. */
export const shortDiskRow = '{"name": "disk-failure-predictor", "instances": [[95, 5000]]}';

/** The full name of the service. */
export const service = "kserve.registry.v1.ModelRegistry";

/** The services that every server of this project offers. */
export const services = [
  "grpc.health.v1.Health",
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
  "inference.GRPCInferenceService",
  "kserve.models.disk_failure_predictor.v1.DiskFailurePredictor",
  service,
];
