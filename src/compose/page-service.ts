import { beginCall, type Call } from "../api/call.ts";
import { assertSameSite } from "../api/cross-site.ts";
import { toCallError } from "../api/error.ts";
import type { HttpRequest, HttpResponse, RequestHandler } from "../api/http.ts";
import { addVary, sendBytes, sendJson } from "../api/http-message.ts";
import { CallSeries, endedCallOf } from "../api/metrics/call-series.ts";
import { metricFormatOf } from "../api/metrics/exposition.ts";
import { createExpose, sharedMetrics } from "../api/metrics/metrics.ts";
import { processMetrics } from "../api/metrics/process-metrics.ts";
import { outcomeOf } from "../api/outcome.ts";
import { pathOf } from "../api/request-path.ts";
import { sendError } from "../api/rest/rest.ts";
import { once } from "../base/once.ts";
import { ConfigError, type Env, readConfig } from "../config/config.ts";
import { createListener } from "../listen/listener.ts";
import { createCallLog } from "./call-log.ts";
import { followTls, hostInUrl, readTls } from "./listening.ts";
import { type Log, openLog } from "./log.ts";
import { createPlaces, pagePathOf, type RegistryBehind } from "./page-places.ts";
import type { Service } from "./service.ts";

/**
 * Serves only the page, for registries that run elsewhere: files come from here, and calls are forwarded. Probes and
 * metrics are its own.
 *
 * @param registries at least one
 * @throws ConfigError with every problem of the environment, or where the page has not been built
 */
export async function startPageService(
  registries: readonly RegistryBehind[],
  env: Env,
  givenLog?: Log,
): Promise<Service> {
  const { config, problems } = readConfig(env);
  const { tls, problems: tlsProblems } = readTls(config);
  if (problems.length + tlsProblems.length > 0) throw new ConfigError([...problems, ...tlsProblems]);
  const { log, droppedLines: droppedLogLines } = openLog(config.logLevel, givenLog);
  const place = createPlaces(registries, log);
  const calls = new CallSeries();
  const callLog = createCallLog(log, config.logValues);
  let stopping = false;
  const metrics = sharedMetrics(
    createExpose(
      processMetrics({
        certificates: [{ use: "server", pem: () => served.certificate() }],
        droppedLogLines,
        draining: () => stopping,
      }),
      (to) => calls.expose(to),
    ),
  );

  const answer = async (request: HttpRequest, response: HttpResponse, call: Call, path: string): Promise<void> => {
    if (path === "/livez") sendJson(response, 200, { status: "alive" });
    else if (path === "/readyz" && stopping) sendJson(response, 503, { status: "not ready", reason: "it is stopping" });
    else if (path === "/readyz") sendJson(response, 200, { status: "alive" });
    else if (path === "/metrics") {
      const { contentType, body } = await metrics(metricFormatOf(request.headers.accept), response);
      addVary(response, "accept");
      sendBytes(response, 200, body, { "content-type": contentType });
    } else if (!place(request, response, call, path)) {
      sendJson(response, 404, { error: "there is no such path; the web UI is at /ui/" });
    }
  };
  const handler: RequestHandler = (request, response) => {
    request.on("error", () => {});
    const path = pathOf(request);
    const call = beginCall(request, undefined);
    calls.begin(call);
    response.on("close", () => {
      // A stream that has begun counts as successful, also when its reader ends it.
      if (response.headersSent) call.status ??= 0;
      const ended = outcomeOf(call, response);
      calls.end(call, endedCallOf(call, response, ended));
      callLog.write(call, request, response, ended);
    });
    try {
      assertSameSite([], request);
    } catch (error) {
      sendError(response, call, toCallError(error), "registry");
      return;
    }
    answer(request, response, call, path).catch((error: unknown) => {
      log.error({ err: error }, "A call could not be answered");
      response.destroy();
    });
  };
  const listener = createListener({ ...config, tls }, handler);
  const served = followTls(config, tls, listener.setTls, log);
  const { port } = await listener.listen(config.port, config.host);
  const url = `${tls === undefined ? "http" : "https"}://${hostInUrl(config.host)}:${port}`;
  for (const registry of registries) {
    const { origin } = registry.address;
    log.info(
      { url, port, registry: origin },
      `The web UI is at ${url}${pagePathOf(registries, registry)}, for ${origin}`,
    );
  }
  return {
    url,
    port,
    stop: once(async () => {
      stopping = true;
      await served.stop();
      await listener.close(config.shutdownGraceMs);
      callLog.close();
    }),
  };
}
