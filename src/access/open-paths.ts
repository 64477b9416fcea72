/** What may be open to callers that are not known. */
export const openable = ["health", "metrics", "openapi"] as const;
export type Openable = (typeof openable)[number];

/** How open a path is. Where anonymous callers are let in too, authenticated ones get more. */
export type OpenPaths = (path: string) => "for-all" | "for-anonymous-too" | "closed";

const paths: Readonly<Record<Openable, readonly string[]>> = {
  health: ["/", "/livez", "/readyz", "/readyz/health", "/readyz/isDirty", "/v2/health/live", "/v2/health/ready"],
  metrics: ["/metrics"],
  openapi: ["/openapi.json"],
};

/** They say nothing about models, so they are open to all, as the HTTP paths are. */
const serverHealthRpcs = ["ServerLive", "ServerReady"].map((name) => `/inference.GRPCInferenceService/${name}`);
const healthRpcs = ["/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/List", "/grpc.health.v1.Health/Watch"];

/** Paths are compared exactly, as the routes compare them: any other spelling of an open path is closed. */
export function createOpenPaths(names: readonly Openable[]): OpenPaths {
  const forAll = new Set(names.flatMap((name) => paths[name]));
  const forAnonymousToo = new Set<string>();
  if (names.includes("health")) {
    for (const path of serverHealthRpcs) forAll.add(path);
    for (const path of healthRpcs) forAnonymousToo.add(path);
  }
  return (path) => (forAll.has(path) ? "for-all" : forAnonymousToo.has(path) ? "for-anonymous-too" : "closed");
}
