import { beginCall } from "../api/call.ts";
import { assertSameSite } from "../api/cross-site.ts";
import { toCallError } from "../api/error.ts";
import type { RequestHandler } from "../api/http.ts";
import { sendJson } from "../api/http-message.ts";
import { createForwarder } from "../api/page/forward.ts";
import { sendError } from "../api/rest/rest.ts";
import { ConfigError, type Env, readConfig } from "../config/config.ts";
import { createListener } from "../listen/listener.ts";
import { hostInUrl, readTls, watchTls } from "./listening.ts";
import { createLog, type Log } from "./log.ts";
import { openPage } from "./page.ts";
import type { Service } from "./service.ts";

/**
 * Serves the page alone, before a registry elsewhere: its files from here, its calls from there.
 *
 * @param registry the base address of the registry
 * @throws ConfigError with every problem of the environment, or where the page has not been built
 */
export async function startPageService(registry: URL, env: Env, givenLog?: Log): Promise<Service> {
  const { config, problems } = readConfig(env);
  const { tls, problems: tlsProblems } = readTls(config);
  if (problems.length + tlsProblems.length > 0) throw new ConfigError([...problems, ...tlsProblems]);
  const log = givenLog ?? createLog(config.logLevel);
  const page = openPage(log);
  if (page === undefined) throw new ConfigError(["the page has not been built: run `npm run build`"]);
  const forward = createForwarder(registry);
  const handler: RequestHandler = (request, response) => {
    request.on("error", () => {});
    const path = (request.url ?? "/").split("?", 1)[0]!;
    const call = beginCall(request, undefined);
    try {
      assertSameSite([], request);
    } catch (error) {
      sendError(response, call, toCallError(error), "registry");
      return;
    }
    if (path === "/livez" || path === "/readyz") sendJson(response, 200, { status: "alive" });
    else if (!page(request, response, call, path) && !forward(request, response, path)) {
      sendJson(response, 404, { error: "there is nothing under this path; the page is at /ui/" });
    }
  };
  const listener = createListener({ ...config, tls }, handler);
  const unwatchTls = tls === undefined ? async () => {} : watchTls(config, tls, listener.setTls, log);
  const { port } = await listener.listen(config.port, config.host);
  const url = `${tls === undefined ? "http" : "https"}://${hostInUrl(config.host)}:${port}`;
  log.info({ url, port, registry: registry.origin }, `The page is at ${url}/ui/, before ${registry.origin}`);
  let stopped: Promise<void> | undefined;
  return {
    url,
    port,
    stop: () => {
      stopped ??= unwatchTls().then(() => listener.close(config.shutdownGraceMs));
      return stopped;
    },
  };
}
