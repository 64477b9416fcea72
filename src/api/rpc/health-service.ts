import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, type ServiceImpl } from "@connectrpc/connect";
import {
  type Health,
  HealthCheckResponseSchema,
  HealthListResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../../../gen/grpc/health/v1/health_pb.ts";
import { Cancellation } from "../../base/cancellation.ts";
import type { CallerReason } from "../../predict/limits/time-limit.ts";
import { permittedModel, visibleSnapshot } from "../../registry/access.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import { splitName } from "../../registry/registered-name.ts";
import { accessOf } from "../call.ts";
import { createHealthStatus, type HealthDeps } from "./health-status.ts";
import { createHealthWatch } from "./health-watch.ts";

/**
 * `grpc.health.v1.Health`: the server (`""`), each service of a registry, and each model by its name, by
 * `namespace/name`, and by the name of each of its typed services.
 */
export function createHealthService(deps: HealthDeps): ServiceImpl<typeof Health> {
  const { registry } = deps;
  const { services, isServer, modelOf, statusOf, checkNow } = createHealthStatus(deps);
  const watch = createHealthWatch(deps);

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
      const left = new Cancellation<CallerReason>();
      context.signal.addEventListener("abort", () => left.cancel("CALLER_LEFT"));
      for await (const status of watch(service, accessOf(context), left)) {
        yield create(HealthCheckResponseSchema, { status });
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
