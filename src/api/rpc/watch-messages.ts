import { create } from "@bufbuild/protobuf";
import {
  WatchEvent,
  type WatchModelsResponse,
  WatchModelsResponseSchema,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { notChecked } from "../../registry/readiness.ts";
import type { WatchedEvent } from "../watch/watch-events.ts";
import { modelToMessage } from "./convert.ts";

/** The kinds of events, as the contract has them. */
export const watchEvents: Readonly<Record<WatchedEvent["kind"], WatchEvent>> = {
  added: WatchEvent.ADDED,
  changed: WatchEvent.CHANGED,
  removed: WatchEvent.REMOVED,
  synced: WatchEvent.SYNCED,
  reset: WatchEvent.RESET,
};

/** An event as the contract has it. */
export function watchResponse({
  kind,
  model,
  readiness = notChecked,
  changedFields = [],
  resumeToken,
}: WatchedEvent): WatchModelsResponse {
  return create(WatchModelsResponseSchema, {
    event: watchEvents[kind],
    changedFields: [...changedFields],
    resumeToken,
    ...(model === undefined ? {} : { model: modelToMessage(model, readiness) }),
  });
}
