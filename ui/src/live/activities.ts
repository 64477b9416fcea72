import { Code } from "@connectrpc/connect";
import { useQuery } from "@connectrpc/connect-query";
import { useMemo } from "react";
import { type ModelActivity, ModelRegistry } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import { modelId } from "./model-ref.ts";

/** How often it is asked what models have to do, in milliseconds. Hidden tabs do not ask. */
const refetchMs = 3000;

const none: ReadonlyMap<string, ModelActivity> = new Map();

/** What models have to do, by their ids. Those that are idle are not there. */
export function useActivities(): ReadonlyMap<string, ModelActivity> {
  const { data } = useQuery(
    ModelRegistry.method.listActivity,
    {},
    // An older server does not know, however often it is asked.
    { refetchInterval: ({ state }) => (state.error?.code === Code.Unimplemented ? false : refetchMs) },
  );
  return useMemo(
    () => (data === undefined ? none : new Map(data.activities.map((activity) => [modelId(activity), activity]))),
    [data],
  );
}
