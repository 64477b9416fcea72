import { valueUnder } from "../../base/value-under.ts";
import { acceptsCoding, prefersHtml } from "../accepts.ts";
import type { Call } from "../call.ts";
import type { HttpRequest, HttpResponse } from "../http.ts";
import { endWith, sendJson } from "../http-message.ts";
import { etagOf, type PageContent, type PageFile } from "./page-files.ts";

/**
 * Answers a request for the page.
 *
 * @param path of the request, without its query
 * @returns false, without having done anything, for a path that does not belong to the page
 */
export type PageHandler = (request: HttpRequest, response: HttpResponse, call: Call, path: string) => boolean;

/**
 * Views are routed in the browser; the server only has to know how deep their paths are. A path that is not a file is a
 * view. Names in it may contain dots: `/ui/registered/disk-failure/versions/1.2.0`.
 */
const viewPath = /^\/ui((?:\/(?!\.)[\w.~%@:+!$&'()*,;=-]+){0,8})(\/?)$/;

/**
 * Nothing inline, nothing from other origins, no text that becomes script or markup, and frames only within the same
 * origin, where a dashboard may embed the page.
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const safeHeaders: Readonly<Record<string, string>> = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
};

/** Files whose name contains a hash of their content never change. */
const forever = "public, max-age=31536000, immutable";
const askAgain = "no-cache";

/** A registry that a user can switch to. */
export interface RegistryChoice {
  readonly name: string;
  /** Where its page is, relative to the folder of this one. */
  readonly href: string;
  /** Whether it is the one of this page. */
  readonly isCurrent: boolean;
}

/** The file in which the page finds the registries to choose from. */
const registriesFile = "registries.json";

/**
 * Serves the page below `/ui/`, and redirects a browser that requests `/` there. The page is the same for everybody and
 * contains nothing about models, so it needs no authentication; the calls that it makes are guarded like any others.
 *
 * @param files the built page
 * @param registries the registries that a user can choose from. Default: only this one
 */
export function createPageHandler(
  files: ReadonlyMap<string, PageFile>,
  registries: readonly RegistryChoice[] = [],
): PageHandler {
  const index = createIndex(files.get("index.html")!);
  return (request, response, call, path) => {
    const atRoot = path === "/";
    if (!atRoot && path !== "/ui" && !path.startsWith("/ui/")) return false;
    const isGet = request.method === "GET" || request.method === "HEAD";
    if (atRoot && !(isGet && prefersHtml(request.headers.accept))) return false;
    call.method = atRoot ? "GET /" : "GET /ui/{path}";
    if (!isGet) {
      call.reason = "INVALID_REQUEST";
      sendJson(
        response,
        405,
        { error: `${request.method} is not allowed here; use GET or HEAD` },
        { allow: "GET, HEAD" },
      );
      return true;
    }
    if (atRoot || path === "/ui") {
      // Relative, so that it leads to the right place behind any prefix.
      response.statusCode = 302;
      response.setHeader("location", "ui/");
      response.setHeader("vary", "accept");
      response.setHeader("cache-control", "no-store");
      response.setHeader("content-length", 0);
      response.end();
      return true;
    }
    const name = path.slice("/ui/".length);
    if (name === registriesFile) {
      sendJson(response, 200, { registries }, { "cache-control": askAgain });
      return true;
    }
    const file = files.get(name);
    const view = viewPath.exec(path);
    if (file !== undefined && name !== "index.html") {
      const form = file.packed.find((one) => acceptsCoding(request.headers["accept-encoding"], one)) ?? "identity";
      const headers: Record<string, string> = {
        "content-type": file.contentType,
        "cache-control": name.startsWith("assets/") ? forever : askAgain,
      };
      if (file.packed.length > 0) headers.vary = "accept-encoding";
      if (form !== "identity") headers["content-encoding"] = form;
      send(request, response, file.read(form), headers);
    } else if (name === "index.html" || (view !== null && !name.startsWith("assets"))) {
      const depth = name === "index.html" ? 0 : view![1]!.split("/").length - 1 - (view![2] === "/" ? 0 : 1);
      send(request, response, index(depth), { "content-type": "text/html; charset=utf-8", "cache-control": askAgain });
    } else {
      call.reason = "INVALID_REQUEST";
      sendJson(
        response,
        404,
        { error: "the page has no such file; it begins at /ui/" },
        { "x-error-reason": call.reason },
      );
    }
    return true;
  };
}

/** The HTML document of a view, with relative links to the page's folder for any depth of path. */
function createIndex(file: PageFile): (depth: number) => Promise<PageContent> {
  const byDepth = new Map<number, Promise<PageContent>>();
  const make = async (depth: number): Promise<PageContent> => {
    const { bytes } = await file.read("identity");
    const text = Buffer.from(bytes)
      .toString()
      .replaceAll('"./', `"./${"../".repeat(depth)}`);
    const made = Buffer.from(text);
    return { bytes: made, etag: etagOf(made) };
  };
  return (depth) =>
    valueUnder(byDepth, depth, () => {
      const content = make(depth);
      content.catch(() => byDepth.delete(depth));
      return content;
    });
}

function send(
  request: HttpRequest,
  response: HttpResponse,
  content: Promise<PageContent>,
  headers: Readonly<Record<string, string>>,
): void {
  content.then(
    ({ bytes, etag }) => {
      if (response.destroyed) return;
      for (const name in safeHeaders) response.setHeader(name, safeHeaders[name]!);
      for (const name in headers) response.setHeader(name, headers[name]!);
      response.setHeader("etag", etag);
      if (isUnchanged(request.headers["if-none-match"], etag)) {
        response.removeHeader("content-encoding");
        response.removeHeader("content-type");
        response.statusCode = 304;
        response.end();
        return;
      }
      response.statusCode = 200;
      endWith(response, bytes);
    },
    // The file was there when the server started.
    () => sendJson(response, 500, { error: "a file of the page cannot be read; the installation is damaged" }),
  );
}

function isUnchanged(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(",").some((one) => one.trim() === "*" || one.trim().replace(/^W\//, "") === etag);
}
