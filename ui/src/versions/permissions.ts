import { useQuery } from "@connectrpc/connect-query";
import { useDeferredValue } from "react";
import { VersionRegistry } from "../../../gen/kserve/versions/v1/version_registry_pb.ts";
import { useToken } from "../session/token.ts";

/** What a person does here, and the rights that it takes. */
const actions = {
  register: ["create registeredmodels", "create modelversions", "create artifacts"],
  changeModel: ["update registeredmodels"],
  deleteModel: ["delete registeredmodels"],
  changeVersion: ["update modelversions"],
  deleteVersion: ["delete modelversions"],
  apply: ["create deployments"],
} as const;
export type Action = keyof typeof actions;

const rights = [...new Set(Object.values(actions).flat())];
const permissions = rights.map((right) => {
  const [verb = "", resource = ""] = right.split(" ");
  return { verb, resource };
});

export interface Permissions {
  /** Who the person is to the server; empty where it asks nobody. */
  readonly caller: string;
  /** Whether an action is offered. Until the server has said so it is not. */
  may(action: Action): boolean;
  /** Why an action is not offered; undefined where it is, or is not known yet. */
  whyNot(action: Action): string | undefined;
}

/**
 * What the person may do with a registered model, as the server says. One that cannot say it is asked by the action itself:
 * it checks every call anyway.
 *
 * @param name of the model, whether or not there is one
 */
export function usePermissions(name: string): Permissions {
  const settled = useDeferredValue(name);
  const token = useToken();
  const { data, isError } = useQuery(
    VersionRegistry.method.testPermissions,
    { name: settled, permissions },
    // Another person may be there now.
    { staleTime: 30_000, retry: false, gcTime: token === "" ? 60_000 : 0 },
  );
  const whyNot = (action: Action): string | undefined => {
    const results = actions[action].map((right) => data?.results[rights.indexOf(right)]);
    return results.find((result) => result?.allowed === false)?.reason;
  };
  return {
    caller: data?.caller ?? "",
    may: (action) => isError || (data !== undefined && whyNot(action) === undefined),
    whyNot,
  };
}
