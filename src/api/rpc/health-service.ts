import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import {
  type Health,
  HealthCheckResponseSchema,
  HealthListResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../../../gen/grpc/health/v1/health_pb.ts";
import { GRPCInferenceService } from "../../../gen/inference/grpc_service_pb.ts";
import { ModelCatalog } from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import { ModelRegistry } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { hasContract } from "../../contract/contract.ts";
import { modelOfService } from "../../contract/contract-names.ts";
import type { Pipeline } from "../../predict/pipeline.ts";
import { permittedModel, visibleSnapshot } from "../../registry/access.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { ModelKey, ModelRef } from "../../registry/model-key.ts";
import { splitName } from "../../registry/registered-name.ts";
import type { Registry } from "../../registry/registry.ts";
import type { VersionStore } from "../../versions/ports.ts";
import { accessOf } from "../call.ts";
import { keepLease } from "../caller-lease.ts";

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

/** Health is asked for often, and a model's answer is good for this long. */
const maxAgeMs = 1000;

/** How often a watch looks whether the database is there, in milliseconds: it says nothing of itself. */
const databaseIntervalMs = 1000;

/**
 * `grpc.health.v1.Health`: the server (`""`), each service of a registry, and each model by its name, by
 * `namespace/name`, and by the name of each of its typed services.
 */
export function createHealthService({
  registry,
  check,
  stopping,
  notReadyReason,
  pipeline,
  versions,
  catalog,
}: HealthDeps): ServiceImpl<typeof Health> {
  const services = [
    ModelRegistry.typeName,
    GRPCInferenceService.typeName,
    ...(versions === undefined ? [] : [VersionRegistry.typeName]),
    ...(catalog === undefined ? [] : [ModelCatalog.typeName]),
  ];
  const isServer = (service: string): boolean => service === "" || services.includes(service);
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

  const checkNow = async (ref: ModelRef): Promise<void> => {
    const model = registry.find(ref);
    if (model !== undefined) await check(model.key, maxAgeMs);
  };

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

  const watchedStatusOf = (service: string): Status => statusOf(service) ?? Status.SERVICE_UNKNOWN;

  return {
    async check({ service }, context) {
      const { ref } = askedOf(service);
      if (!isServer(service)) await permittedModel(registry, ref, accessOf(context));
      await checkNow(ref);
      const status = statusOf(service);
      if (status === undefined) {
        throw new ConnectError(
          `unknown service ${JSON.stringify(service.slice(0, 80))}; known are "", ${services.map((name) => `"${name}"`).join(", ")} and models by name, by namespace/name and by the names of their typed services`,
          Code.NotFound,
        );
      }
      return create(HealthCheckResponseSchema, { status });
    },

    async list(_request, context) {
      const { keys, models } = await visibleSnapshot(registry.snapshot, accessOf(context));
      const names = keys.map((key) => healthName(models.get(key)!));
      const statuses: Record<string, { status: Status }> = {};
      for (const name of ["", ...services, ...names]) {
        statuses[name] = { status: statusOf(name) ?? Status.UNKNOWN };
      }
      return create(HealthListResponseSchema, { statuses });
    },

    async *watch({ service }, context) {
      const { ref } = askedOf(service);
      let wake = (): void => {};
      const unsubscribe = registry.subscribe((changes) => {
        // A model of a further cluster has a second name.
        const name = splitName(ref.name).name;
        if (changes.length === 0 || changes.some(({ model }) => splitName(model.name).name === name)) wake();
      });
      const unsubscribeBreakers = pipeline.onBreakerChange((changed) => {
        if (registry.find(ref)?.key === changed) wake();
      });
      const looking = service === VersionRegistry.typeName ? setInterval(() => wake(), databaseIntervalMs) : undefined;
      const caller = keepLease(accessOf(context));
      const signal = AbortSignal.any([context.signal, stopping, caller.signal]);
      const onAbort = (): void => wake();
      signal.addEventListener("abort", onAbort);
      try {
        if (!isServer(service)) await permittedModel(registry, ref, caller.access);
        await checkNow(ref);
        for (let last: Status | undefined; ; ) {
          caller.signal.throwIfAborted();
          if (!isServer(service)) await permittedModel(registry, ref, caller.access);
          const status = watchedStatusOf(service);
          const changed = new Promise<void>((resolve) => {
            wake = resolve;
          });
          if (status !== last) yield create(HealthCheckResponseSchema, { status });
          last = status;
          // The last word of a server that stops is NOT_SERVING; then the watch ends.
          const ends = context.signal.aborted || (stopping.aborted && watchedStatusOf(service) === status);
          if (ends && !caller.signal.aborted) return;
          if (!signal.aborted) await changed;
        }
      } finally {
        clearInterval(looking);
        caller.stop();
        signal.removeEventListener("abort", onAbort);
        unsubscribe();
        unsubscribeBreakers();
      }
    },
  };
}

/** What a model is asked for by: its bare name while it holds it. */
function healthName({ name: registered, namespace, holdsName }: RegisteredModel): string {
  if (holdsName) return registered;
  const { cluster, name } = splitName(registered);
  return [cluster, namespace, name].filter((part) => part !== "").join("/");
}
