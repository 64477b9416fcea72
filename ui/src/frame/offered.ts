import { useQuery } from "@tanstack/react-query";
import { useToken } from "../session/token.ts";
import { postJson } from "../transport.ts";

/** What a server answers that does not have a service. */
const missing: readonly unknown[] = ["unimplemented", "not_found"];

/**
 * Whether the server has a service, found out by one call of it: it knows the RPC then, even for who may not call it. It is
 * asked in plain JSON, so that the first view goes without the contracts of services that it does not show.
 *
 * @param method of a list: `kserve.catalog.v1.ModelCatalog/ListSources`
 */
export function useOffered(method: string): boolean {
  const token = useToken();
  const { data } = useQuery({
    queryKey: ["offered", method, token],
    staleTime: 60_000,
    retry: 3,
    queryFn: async ({ signal }) => {
      const response = await postJson(method, { pageSize: 1 }, signal);
      if (response.ok) return true;
      const { code } = (await response.json()) as { code?: unknown };
      if (code === undefined && response.status >= 500) throw new Error("The service did not answer");
      return code !== undefined && !missing.includes(code);
    },
  });
  return data === true;
}
