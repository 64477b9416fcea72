/** What may be open to callers that are not known. */
export const openable = ["health", "metrics", "openapi"] as const;
export type Openable = (typeof openable)[number];

/** How open a path is. Where strangers are let in too, who is known gets more. */
export type OpenPaths = (path: string) => "for-all" | "for-strangers-too" | "closed";

const paths: Readonly<Record<Openable, readonly string[]>> = {
  health: ["/", "/livez", "/readyz", "/readyz/health", "/readyz/isDirty"],
  metrics: ["/metrics"],
  openapi: ["/openapi.json"],
};

const healthRpcs = ["/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/List", "/grpc.health.v1.Health/Watch"];

/** Paths are taken to the letter, as the routes take them: what is written in another way is closed. */
export function createOpenPaths(names: readonly Openable[]): OpenPaths {
  const forAll = new Set(names.flatMap((name) => paths[name]));
  const forStrangersToo = new Set(names.includes("health") ? healthRpcs : []);
  return (path) => (forAll.has(path) ? "for-all" : forStrangersToo.has(path) ? "for-strangers-too" : "closed");
}
