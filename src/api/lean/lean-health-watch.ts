import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import {
  Health,
  type HealthCheckRequest,
  HealthCheckRequestSchema,
  HealthCheckResponseSchema,
} from "../../../gen/grpc/health/v1/health_pb.ts";
import type { HealthDeps } from "../rpc/health-status.ts";
import { createHealthWatch } from "../rpc/health-watch.ts";
import { readMessage } from "./lean-protocol.ts";
import type { LeanStreamMethod } from "./lean-stream-method.ts";

/** Watches of health, which strangers may have, too. */
export function createLeanHealthWatch(deps: HealthDeps): LeanStreamMethod<HealthCheckRequest> {
  const watch = createHealthWatch(deps);
  return {
    method: Health.method.watch,
    read: (message, isJson) => readMessage(HealthCheckRequestSchema, message, isJson),
    async *answer({ service }, { call }, isJson) {
      for await (const status of watch(service, call.access, call.caller)) {
        const message = create(HealthCheckResponseSchema, { status });
        yield isJson
          ? Buffer.from(toJsonString(HealthCheckResponseSchema, message))
          : toBinary(HealthCheckResponseSchema, message);
      }
    },
  };
}
