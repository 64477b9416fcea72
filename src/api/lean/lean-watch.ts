import {
  ModelRegistry,
  type WatchModelsRequest,
  WatchModelsRequestSchema,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { callerSignal } from "../http.ts";
import { type WatchDeps, watchForCaller } from "../rpc/watch-for-caller.ts";
import { readMessage } from "./lean-protocol.ts";
import type { LeanStreamMethod } from "./lean-stream-method.ts";
import { writeWatchEvent } from "./write-watch-event.ts";

/** WatchModels: in a large registry every watch begins with thousands of events. JSON is left to Connect. */
export function createLeanWatch(deps: WatchDeps): LeanStreamMethod<WatchModelsRequest> {
  return {
    method: ModelRegistry.method.watchModels,
    read: (message, isJson) => (isJson ? undefined : readMessage(WatchModelsRequestSchema, message, isJson)),
    async *answer(asked, { call, response }) {
      for await (const event of watchForCaller(deps, asked, call.access, callerSignal(response))) {
        yield writeWatchEvent(event);
      }
    },
  };
}
