import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import {
  type Health,
  HealthCheckResponseSchema,
  HealthListResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../../../gen/grpc/health/v1/health_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { permittedModel, visibleSnapshot } from "../../registry/access.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { ModelKey, ModelRef } from "../../registry/model-key.ts";
import { splitName } from "../../registry/registered-name.ts";
import { accessOf } from "../call.ts";
import { keepLease } from "../caller-lease.ts";
import { createHealthStatus, type HealthStatusDeps } from "./health-status.ts";

export interface HealthDeps extends HealthStatusDeps {
  /** Brings the readiness of a model up to date, unless its last check is younger than this. */
  readonly check: (key: ModelKey, maxAgeMs: number) => Promise<void>;
}

/** Health is requested often; an answer about a model is reused for this long. */
const maxAgeMs = 1000;

/** How often a watch polls the state of the database, in milliseconds: the store reports no changes. */
const databaseIntervalMs = 1000;

/**
 * `grpc.health.v1.Health`: the server (`""`), each service of a registry, and each model by its name, by
 * `namespace/name`, and by the name of each of its typed services.
 */
export function createHealthService(deps: HealthDeps): ServiceImpl<typeof Health> {
  const { registry, check, stopping, pipeline } = deps;
  const { services, isServer, modelOf, statusOf } = createHealthStatus(deps);
  const checkNow = async (ref: ModelRef): Promise<void> => {
    const model = registry.find(ref);
    if (model !== undefined) await check(model.key, maxAgeMs);
  };

  const watchedStatusOf = (service: string): Status => statusOf(service) ?? Status.SERVICE_UNKNOWN;

  return {
    async check({ service }, context) {
      const ref = modelOf(service);
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
      const ref = modelOf(service);
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
