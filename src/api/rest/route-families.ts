import { oipFamily } from "../oip/oip-routes.ts";
import { namespacedRoutes } from "./namespaced-routes.ts";
import type { RouteFamily } from "./route.ts";
import { kserveRoutes } from "./routes/kserve-routes.ts";
import { modelRoutes } from "./routes/model-routes.ts";
import { predictRoutes } from "./routes/predict-routes.ts";
import { probeRoutes } from "./routes/probe-routes.ts";

const ofRegistry = [...modelRoutes, ...predictRoutes];

/** The routes of the front door, in the order in which the document lists them. */
export const frontDoorFamilies: readonly RouteFamily[] = [
  {
    tag: { name: "Models", description: "The registered models and their predictions." },
    routes: [...ofRegistry, ...namespacedRoutes(ofRegistry, "/api/v1", "/api/v1/namespaces/{namespace}")],
  },
  {
    tag: { name: "KServe v1", description: "The API of a KServe v1 server, for its clients." },
    routes: [...kserveRoutes, ...namespacedRoutes(kserveRoutes, "/v1", "/namespaces/{namespace}/v1")],
  },
  oipFamily,
  { tag: { name: "Probes", description: "Probes, metrics and this document, for the platform." }, routes: probeRoutes },
];
