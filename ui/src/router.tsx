import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  stripSearchParams,
} from "@tanstack/react-router";
import { pagePath } from "./base-path.ts";
import { readCatalogSearch } from "./catalog/catalog-search.ts";
import { Frame } from "./frame/frame.tsx";
import { NotFound } from "./frame/not-found.tsx";
import { ViewFault } from "./frame/view-fault.tsx";
import { noFilter, readFilter } from "./models/model-filter.ts";
import { ModelsView } from "./models/models-view.tsx";
import { Loading } from "./states/loading.tsx";

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound });

/** The views. All but the first are loaded when they are first opened. */
const routes = [
  createRoute({
    getParentRoute: () => root,
    path: "/",
    beforeLoad: () => {
      throw redirect({ to: "/models", replace: true });
    },
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/models",
    validateSearch: readFilter,
    search: { middlewares: [stripSearchParams(noFilter)] },
    component: ModelsView,
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/models/$name",
    validateSearch: (search: Record<string, unknown>): { namespace?: string } =>
      typeof search.namespace === "string" ? { namespace: search.namespace } : {},
    component: lazyRouteComponent(() => import("./model/model-view.tsx"), "ModelView"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/triggers",
    component: lazyRouteComponent(() => import("./triggers/triggers-view.tsx"), "TriggersView"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/registered",
    component: lazyRouteComponent(() => import("./versions/registered-view.tsx"), "RegisteredView"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/registered/$name",
    component: lazyRouteComponent(() => import("./versions/registered-model-view.tsx"), "RegisteredModelView"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/registered/$name/versions/$version",
    component: lazyRouteComponent(() => import("./versions/version-view.tsx"), "VersionView"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/register",
    component: lazyRouteComponent(() => import("./versions/register-view.tsx"), "RegisterView"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/compare",
    component: lazyRouteComponent(() => import("./versions/compare-view.tsx"), "CompareView"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/registered/$name/versions/$version/deploy",
    component: lazyRouteComponent(() => import("./deploy/deploy-view.tsx"), "DeployView"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/catalog",
    validateSearch: readCatalogSearch,
    component: lazyRouteComponent(() => import("./catalog/catalog-view.tsx"), "CatalogView"),
  }),
  createRoute({
    getParentRoute: () => root,
    // In the address as words of the query: names have slashes, which proxies decode in paths.
    path: "/catalog/model",
    component: lazyRouteComponent(() => import("./catalog/catalog-model-view.tsx"), "CatalogModelView"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/mcp",
    validateSearch: readCatalogSearch,
    component: lazyRouteComponent(() => import("./catalog/mcp-servers-view.tsx"), "McpServersView"),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "/mcp/$id",
    component: lazyRouteComponent(() => import("./catalog/mcp-server-view.tsx"), "McpServerView"),
  }),
];

export const router = createRouter({
  routeTree: root.addChildren(routes),
  basepath: pagePath,
  defaultPendingComponent: () => <Loading what="the view" />,
  defaultErrorComponent: ViewFault,
  scrollRestoration: false,
});
