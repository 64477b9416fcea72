import { Code } from "@connectrpc/connect";
import { useQuery } from "@connectrpc/connect-query";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";

/** Whether the server keeps versions: it knows the RPCs then, even for who may not call them. */
export function useVersionsOn(): boolean {
  const { data, error } = useQuery(VersionRegistry.method.listRegisteredModels, { pageSize: 1 }, { staleTime: 60_000 });
  if (data !== undefined) return true;
  return error !== null && ![Code.Unimplemented, Code.NotFound, Code.Unavailable, Code.Unknown].includes(error.code);
}
