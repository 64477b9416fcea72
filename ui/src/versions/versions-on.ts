import { useQuery } from "@connectrpc/connect-query";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { isOffered } from "../frame/offered.ts";

/** Whether the server keeps versions. */
export function useVersionsOn(): boolean {
  return isOffered(useQuery(VersionRegistry.method.listRegisteredModels, { pageSize: 1 }, { staleTime: 60_000 }));
}
