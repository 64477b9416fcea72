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
 * @returns false when the request is none of the page's; nothing has happened then
 */
export type PageHandler = (request: HttpRequest, response: HttpResponse, call: Call, path: string) => boolean;

/**
 * The script distinguishes views; the server only has to know how deep their paths are. What is no file is a view, with
 * names in its path that may have dots: `/ui/registered/disk-failure/versions/1.2.0`.
 */
const viewPath = /^\/ui((?:\/(?!\.)[\w.~%@:+!$&'()*,;=-]+){0,8})(\/?)$/;

/**
 * Nothing inline, nothing from elsewhere, no text that becomes script or markup, no frame but of the same origin, where
 * a dashboard may be.
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

/** The name of a file with its content in it never means another content. */
const forever = "public, max-age=31536000, immutable";
const askAgain = "no-cache";

/** A registry that a person can go to. */
export interface RegistryChoice {
  readonly name: string;
  /** Where its page is, relative to the folder of this one. */
  readonly href: string;
  /** Whether it is the one of this page. */
  readonly isCurrent: boolean;
}

/** Where the page finds what else there is to go to. */
const registriesFile = "registries.json";

/**
 * Serves the page below `/ui/`, and sends a browser that asks for `/` there. All of it is the same for everybody and shows
 * nothing of the models, so nobody has to be known; what the page calls is guarded like any other call.
 *
 * @param files what the page was built to
 * @param registries among which a person can choose. Default: none, there is only this one
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

/** The document of every view, whose addresses lead up to the folder of the page from however deep the view is. */
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
