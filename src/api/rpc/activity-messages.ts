import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type ListActivityResponse,
  ListActivityResponseSchema,
  type SourceSummary,
  SourceSummarySchema,
} from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import type { Pipeline } from "../../predict/pipeline.ts";
import type { Snapshot } from "../../registry/registry.ts";
import type { SourceStatus } from "../../registry/versioned-source.ts";
import { breakerToMessage, sourceKindToMessage } from "./convert.ts";

/** No more than this are sent: if that many are busy, there is one common cause. */
const maxActivities = 1000;

/** The models of a snapshot that are not idle, of one namespace or, where it is empty, of all. */
export function activityToMessage(
  { models }: Snapshot,
  pipeline: Pick<Pipeline, "activeLoads">,
  namespace: string,
): ListActivityResponse {
  const active = [...pipeline.activeLoads()]
    .filter(([key]) => models.get(key) !== undefined && (namespace === "" || models.get(key)!.namespace === namespace))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, maxActivities);
  return create(ListActivityResponseSchema, {
    activities: active.map(([key, { inFlight, queued, breaker }]) => {
      const model = models.get(key)!;
      return { name: model.name, namespace: model.namespace, inFlight, queued, breaker: breakerToMessage(breaker) };
    }),
  });
}

/**
 * The state of a source.
 *
 * @param seesAll whether the caller may use every model: only then is it shown how many models the source has and what
 * is wrong with it
 */
export function sourceToMessage(
  { name, kind, cluster, loaded, count, refused, changeTime, trouble }: SourceStatus,
  seesAll: boolean,
): SourceSummary {
  const source = create(SourceSummarySchema, { name, kind: sourceKindToMessage[kind], cluster, loaded });
  if (changeTime !== undefined) source.changeTime = timestampFromDate(changeTime);
  if (trouble !== undefined) source.staleSince = timestampFromDate(trouble.since);
  if (seesAll) {
    source.entryCount = count;
    source.refusedCount = refused.length;
    source.problem = trouble?.problem ?? "";
  }
  return source;
}
