import { join } from "node:path";
import type { Call } from "../api/call.ts";
import type { HttpRequest, HttpResponse } from "../api/http.ts";
import { createForwarder } from "../api/page/forward.ts";
import { readPageFiles } from "../api/page/page-files.ts";
import { createPageHandler, type PageHandler, type RegistryChoice } from "../api/page/page-handler.ts";
import { ConfigError } from "../config/config.ts";
import type { Log } from "./log.ts";

/**
 * The folder of the page: beside the chunks of the built program, or where the build puts it when running from source.
 */
const folders = ["../ui", "../../dist/ui"];

/**
 * Opens the web page, where it has been built.
 *
 * @param registries the registries that a user can choose from
 */
export function openPage(log: Log, registries: readonly RegistryChoice[] = []): PageHandler | undefined {
  for (const folder of folders) {
    const files = readPageFiles(join(import.meta.dirname, folder));
    if (files !== undefined) return createPageHandler(files, registries);
  }
  log.info("There is no web UI at /ui/: `npm run build` builds it, and UI=off disables it");
  return undefined;
}

/** A registry that the page is served for. */
export interface RegistryBehind {
  /**
   * Its name, by which users choose it: `production`. It is a part of the page's path where there are several
   * registries.
   */
  readonly name: string;
  /** Its base address. */
  readonly address: URL;
}

/** Answers a request for the page of a registry, or for the registry behind it; false where it is for neither. */
export type PlaceHandler = (request: HttpRequest, response: HttpResponse, call: Call, path: string) => boolean;

/** Where the page of a registry is, below the address of the server. */
export function pagePathOf(registries: readonly RegistryBehind[], { name }: RegistryBehind): string {
  return registries.length > 1 ? `/${name}/ui/` : "/ui/";
}

/**
 * Serves the page for one registry or several. With several, each has its page and its calls below `/NAME/`, which the
 * page finds relative to itself; other paths lead to the first one.
 *
 * @param registries at least one
 * @throws ConfigError where the page has not been built
 */
export function createPlaces(registries: readonly RegistryBehind[], log: Log): PlaceHandler {
  const placeOf = (current: RegistryBehind): PlaceHandler => {
    const choices = registries.map(({ name }) => ({
      ...{ name, isCurrent: name === current.name },
      href: `../../${name}/ui/`,
    }));
    const page = openPage(log, registries.length > 1 ? choices : []);
    if (page === undefined) throw new ConfigError(["the page has not been built: run `npm run build`"]);
    const forward = createForwarder(current.address);
    return (request, response, call, path) => {
      if (page(request, response, call, path)) return true;
      if (!forward(request, response, path)) return false;
      call.method = "call of the page";
      return true;
    };
  };
  if (registries.length === 1) return placeOf(registries[0]!);
  const places = new Map(registries.map((registry) => [registry.name, placeOf(registry)]));
  const first = registries[0]!.name;
  return (request, response, call, path) => {
    const [, name = "", rest = ""] = /^\/([^/]*)(.*)$/.exec(path) ?? [];
    const place = places.get(name);
    if (place !== undefined && rest !== "") {
      request.url = rest + request.url!.slice(path.length);
      return place(request, response, call, rest);
    }
    const target = place === undefined ? toFirst[path]?.(first) : `${name}/ui/`;
    if (target === undefined) return false;
    response.statusCode = 302;
    response.setHeader("location", target);
    response.setHeader("cache-control", "no-store");
    response.end();
    return true;
  };
}

/** Paths that redirect to the page of the first registry; relative, so that they work behind any path prefix. */
const toFirst: Readonly<Record<string, (first: string) => string>> = {
  "/": (first) => `${first}/ui/`,
  "/ui": (first) => `${first}/ui/`,
  "/ui/": (first) => `../${first}/ui/`,
};
