import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import {
  type Health,
  HealthCheckResponseSchema,
  HealthListResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../../../gen/grpc/health/v1/health_pb.ts";
import { ModelCatalog } from "../../../gen/kserve/catalog/v1/model_catalog_pb.ts";
import { ModelRegistry } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { hasContract } from "../../contract/contract.ts";
import { modelOfService } from "../../contract/contract-names.ts";
import type { Pipeline } from "../../predict/pipeline.ts";
import { permittedModel, visibleSnapshot } from "../../registry/access.ts";
import type { Registry } from "../../registry/registry.ts";
import type { VersionStore } from "../../versions/ports.ts";
import { accessOf } from "../call.ts";
import { keepLease } from "../caller-lease.ts";

export interface HealthDeps {
  readonly registry: Registry;
  /** Brings the readiness of a model up to date, unless its last check is younger than this. */
  readonly check: (name: string, maxAgeMs: number) => Promise<void>;
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
 * `grpc.health.v1.Health`: the server (`""`), each service of a registry, and each model by its name and by that of
 * its typed service.
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
    const name = modelNameOf(service);
    const model = registry.get(name);
    if (model === undefined || (name !== service && !hasContract(model))) return undefined;
    const { state } = registry.readiness(model.name);
    if (stopping.aborted || pipeline.load(model.name).breaker.state !== "closed") return Status.NOT_SERVING;
    return state === "ready" ? Status.SERVING : state === "unknown" ? Status.UNKNOWN : Status.NOT_SERVING;
  };

  const watchedStatusOf = (service: string): Status => statusOf(service) ?? Status.SERVICE_UNKNOWN;

  return {
    async check({ service }, context) {
      const name = modelNameOf(service);
      if (!isServer(service)) await permittedModel(registry, name, accessOf(context));
      await check(name, maxAgeMs);
      const status = statusOf(service);
      if (status === undefined) {
        throw new ConnectError(
          `unknown service ${JSON.stringify(service.slice(0, 80))}; known are "", ${services.map((name) => `"${name}"`).join(", ")} and the names of models and of their typed services`,
          Code.NotFound,
        );
      }
      return create(HealthCheckResponseSchema, { status });
    },

    async list(_request, context) {
      const { names } = await visibleSnapshot(registry.snapshot, accessOf(context));
      const statuses: Record<string, { status: Status }> = {};
      for (const name of ["", ...services, ...names]) {
        statuses[name] = { status: statusOf(name) ?? Status.UNKNOWN };
      }
      return create(HealthListResponseSchema, { statuses });
    },

    async *watch({ service }, context) {
      const name = modelNameOf(service);
      let wake = (): void => {};
      const unsubscribe = registry.subscribe((changes) => {
        // The models of further clusters have a second name, so a change of any of them may be one of this service.
        if (changes.length === 0 || name.includes("/") || changes.some(({ model }) => model.name === name)) wake();
      });
      const unsubscribeBreakers = pipeline.onBreakerChange((changed) => {
        if (registry.get(name)?.name === changed) wake();
      });
      const looking = service === VersionRegistry.typeName ? setInterval(() => wake(), databaseIntervalMs) : undefined;
      const caller = keepLease(accessOf(context));
      const signal = AbortSignal.any([context.signal, stopping, caller.signal]);
      const onAbort = (): void => wake();
      signal.addEventListener("abort", onAbort);
      try {
        if (!isServer(service)) await permittedModel(registry, name, caller.access);
        await check(name, maxAgeMs);
        for (let last: Status | undefined; ; ) {
          caller.signal.throwIfAborted();
          if (!isServer(service)) await permittedModel(registry, name, caller.access);
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

/** A typed service is as healthy as its model; clients ask for it by the name in their stub. */
function modelNameOf(service: string): string {
  return modelOfService(service) ?? service;
}
