import { HealthCheckResponse_ServingStatus as Status } from "../../../gen/grpc/health/v1/health_pb.ts";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import type { Cancellation } from "../../base/cancellation.ts";
import type { CallerReason } from "../../predict/limits/time-limit.ts";
import { type Access, permittedModel } from "../../registry/access.ts";
import type { ModelRef } from "../../registry/model-key.ts";
import { splitName } from "../../registry/registered-name.ts";
import { keepLease } from "../caller-lease.ts";
import { createHealthStatus, type HealthDeps } from "./health-status.ts";

/** How often a watch polls the state of the database, in milliseconds: the store reports no changes. */
const databaseIntervalMs = 1000;

/**
 * How healthy a service is, now and whenever that changes, until the caller has left.
 *
 * @throws RegistryError where the caller may not use the model, or is not known any more
 */
export type HealthWatch = (service: string, access: Access, left: Cancellation<CallerReason>) => AsyncGenerator<Status>;

/** A watch that is open. */
interface Watching {
  readonly ref: ModelRef;
  /** Called where the status may have changed, and where the watch is to end. */
  wake: () => void;
}

/** Strangers may have thousands of watches, so that all of them share what tells them of changes. */
export function createHealthWatch(deps: HealthDeps): HealthWatch {
  const { registry, stopping, pipeline } = deps;
  const { isServer, modelOf, statusOf, checkNow } = createHealthStatus(deps);
  const watchedStatusOf = (service: string): Status => statusOf(service) ?? Status.SERVICE_UNKNOWN;
  const open = new Set<Watching>();
  const wakeWhere = (concerns: (ref: ModelRef) => boolean): void => {
    for (const watching of open) if (concerns(watching.ref)) watching.wake();
  };
  registry.subscribe((changes) => {
    if (open.size === 0) return;
    // A model of a further cluster has a second name.
    const names = new Set(changes.map(({ model }) => splitName(model.name).name));
    wakeWhere(({ name }) => changes.length === 0 || names.has(splitName(name).name));
  });
  pipeline.onBreakerChange((changed) => wakeWhere((ref) => registry.find(ref)?.key === changed));
  stopping.addEventListener("abort", () => wakeWhere(() => true));

  return async function* (service, access, left) {
    const watching: Watching = { ref: modelOf(service), wake() {} };
    const wake = (): void => watching.wake();
    open.add(watching);
    const stopWaiting = left.onCancel(wake);
    const looking = service === VersionRegistry.typeName ? setInterval(wake, databaseIntervalMs) : undefined;
    const caller = keepLease(access);
    caller.signal?.addEventListener("abort", wake);
    try {
      if (!isServer(service)) await permittedModel(registry, watching.ref, caller.access);
      await checkNow(watching.ref);
      for (let last: Status | undefined; ; ) {
        caller.signal?.throwIfAborted();
        if (!isServer(service)) await permittedModel(registry, watching.ref, caller.access);
        const status = watchedStatusOf(service);
        const changed = new Promise<void>((resolve) => {
          watching.wake = resolve;
        });
        if (status !== last) yield status;
        last = status;
        // The last word of a server that stops is NOT_SERVING; then the watch ends.
        const ends = left.reason !== undefined || (stopping.aborted && watchedStatusOf(service) === status);
        if (ends && caller.signal?.aborted !== true) return;
        if (!stopping.aborted && caller.signal?.aborted !== true) await changed;
      }
    } finally {
      clearInterval(looking);
      caller.stop();
      caller.signal?.removeEventListener("abort", wake);
      stopWaiting();
      open.delete(watching);
    }
  };
}
