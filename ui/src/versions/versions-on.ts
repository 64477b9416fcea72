import { useOffered } from "../frame/offered.ts";

/** Whether the server keeps versions. */
export function useVersionsOn(): boolean {
  return useOffered("kserve.versions.v1.VersionRegistry/ListRegisteredModels");
}
