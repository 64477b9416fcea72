import { HealthCheckResponse_ServingStatus as Status } from "../../../gen/grpc/health/v1/health_pb.ts";
import { GRPCInferenceService } from "../../../gen/inference/grpc_service_pb.ts";
import { ModelCatalog } from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import { ModelRegistry } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { hasContract } from "../../contract/contract.ts";
import { modelOfService } from "../../contract/contract-names.ts";
import type { Pipeline } from "../../predict/pipeline.ts";
import type { ModelKey, ModelRef } from "../../registry/model-key.ts";
import { splitName } from "../../registry/registered-name.ts";
import type { Registry } from "../../registry/registry.ts";
import type { VersionStore } from "../../versions/ports.ts";

export interface HealthDeps {
  readonly registry: Registry;
  /** Brings the readiness of a model up to date, unless its last check is younger than this. */
  readonly check: (key: ModelKey, maxAgeMs: number) => Promise<void>;
  /** Aborts when the server begins to stop. */
  readonly stopping: AbortSignal;
  /** Why the server is not ready; undefined when it is. */
  readonly notReadyReason: () => string | undefined;
  readonly pipeline: Pick<Pipeline, "load" | "onBreakerChange">;
  /** The registry of versions. Undefined: there is none. */
  readonly versions?: { readonly store: Pick<VersionStore, "status"> } | undefined;
  /** The catalog. Undefined: there is none. */
  readonly catalog?: object | undefined;
}

/** Health is requested often; an answer about a model is reused for this long. */
const maxAgeMs = 1000;

/** What the health protocol calls a service, and how healthy that is. */
export interface HealthStatus {
  /** The services of this server by their names, besides the typed ones. */
  readonly services: readonly string[];
  /** Whether a name means this server (`""`) or one of its services, and no model. */
  isServer(service: string): boolean;
  /** The model that a name means: its own name, or that of one of its typed services. */
  modelOf(service: string): ModelRef;
  /** Undefined: there is no such service and no such model. */
  statusOf(service: string): Status | undefined;
  /** Brings the readiness of a model up to date, where there is such a model. */
  checkNow(ref: ModelRef): Promise<void>;
}

export function createHealthStatus({
  registry,
  check,
  stopping,
  notReadyReason,
  pipeline,
  versions,
  catalog,
}: HealthDeps): HealthStatus {
  const services = [
    ModelRegistry.typeName,
    GRPCInferenceService.typeName,
    ...(versions === undefined ? [] : [VersionRegistry.typeName]),
    ...(catalog === undefined ? [] : [ModelCatalog.typeName]),
  ];
  const isServer = (service: string): boolean => service === "" || services.includes(service);

  /** What a service name stands for: a typed service is as healthy as its model. */
  const askedOf = (service: string): { readonly ref: ModelRef; readonly typed: boolean } => {
    const typed = modelOfService(service);
    return typed === undefined ? { ref: refOf(service), typed: false } : { ref: typed, typed: true };
  };

  /** `team-b/anomaly-detector` where no cluster has the name before the slash. */
  const refOf = (service: string): ModelRef => {
    const { cluster: place, name } = splitName(service);
    if (place === "" || registry.hasCluster(place)) return { name: service };
    const { cluster, name: namespace } = splitName(place);
    return { name, namespace, cluster };
  };

  const statusOf = (service: string): Status | undefined => {
    if (versions !== undefined && service === VersionRegistry.typeName) {
      const serving = !stopping.aborted && versions.store.status().state === "ready";
      return serving ? Status.SERVING : Status.NOT_SERVING;
    }
    if (isServer(service)) {
      return notReadyReason() === undefined ? Status.SERVING : Status.NOT_SERVING;
    }
    const { ref, typed } = askedOf(service);
    const model = registry.find(ref);
    if (model === undefined || (typed && !hasContract(model))) return undefined;
    const { state } = registry.readiness(model.key);
    if (stopping.aborted || pipeline.load(model.key).breaker.state !== "closed") return Status.NOT_SERVING;
    return state === "ready" ? Status.SERVING : state === "unknown" ? Status.UNKNOWN : Status.NOT_SERVING;
  };

  return {
    ...{ services, isServer, statusOf },
    modelOf: (service) => askedOf(service).ref,
    async checkNow(ref) {
      const model = registry.find(ref);
      if (model !== undefined) await check(model.key, maxAgeMs);
    },
  };
}
