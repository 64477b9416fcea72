import { addVary, sendBytes, sendJson } from "../../http-message.ts";
import { metricFormatOf } from "../../metrics/exposition.ts";
import { jsonAnswer, textAnswer } from "../openapi/answers.ts";
import { example } from "../openapi/examples.ts";
import type { RestContext } from "../rest-context.ts";
import type { Route } from "../route.ts";

/** For the platform: probes, metrics, and the OpenAPI document. */
export const probeRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/livez",
    style: "probe",
    operation: {
      operationId: "livez",
      summary: "Whether the process is alive",
      responses: { "200": jsonAnswer("Alive.", "Alive", example("Alive", { status: "alive" })) },
    },
    handle: ({ response }) => sendJson(response, 200, { status: "alive" }),
  },
  readiness("/readyz", "readyz", "Whether the server accepts calls"),
  readiness(
    "/readyz/health",
    "readyzHealth",
    "The same as /readyz; without models to serve, also whether the database is reachable",
  ),
  {
    method: "GET",
    path: "/readyz/isDirty",
    style: "probe",
    operation: {
      operationId: "readyzIsDirty",
      summary: "Whether the database schema is usable; clean if there is no database",
      responses: {
        "200": jsonAnswer("Clean.", "Clean", example("Clean", { status: "clean" })),
        "503": jsonAnswer(
          "A migration was interrupted, or the schema is newer than this server.",
          "NotReady",
          example("Newer", { status: "not ready", reason: "the schema of the database is newer than this server" }),
        ),
      },
    },
    handle: ({ response, databaseStatus }) => {
      const status = databaseStatus?.();
      if (status?.state !== "dirty" && status?.state !== "newer") sendJson(response, 200, { status: "clean" });
      else sendJson(response, 503, { status: "not ready", reason: status.message });
    },
  },
  {
    method: "GET",
    path: "/metrics",
    style: "probe",
    operation: {
      operationId: "metrics",
      summary: "Metrics in the Prometheus text format, or as OpenMetrics with exemplars if the caller prefers it",
      responses: {
        "200": textAnswer(
          "The metrics.",
          { type: "string" },
          example("One metric", 'kserve_inference_requests_total{model="anomaly-detector",namespace="ns"} 42\n'),
        ),
      },
    },
    handle: async ({ request, response, metrics }) => {
      const { contentType, body } = await metrics(metricFormatOf(request.headers.accept), response);
      addVary(response, "accept");
      sendBytes(response, 200, body, { "content-type": contentType });
    },
  },
  {
    method: "GET",
    path: "/openapi.json",
    style: "probe",
    operation: {
      operationId: "openapi",
      summary: "This document",
      responses: { "200": jsonAnswer("This document.", "Openapi", {}) },
    },
    handle: ({ response, openapi }) => sendBytes(response, 200, openapi(), { "content-type": "application/json" }),
  },
];

function readiness(path: string, operationId: string, summary: string): Route {
  return {
    method: "GET",
    path,
    style: "probe",
    operation: {
      operationId,
      summary,
      responses: {
        "200": jsonAnswer("Ready.", "Ready", example("Ready", { status: "ready" })),
        "503": jsonAnswer(
          "Not ready.",
          "NotReady",
          example("Stopping", { status: "not ready", reason: "the server is stopping" }),
        ),
      },
    },
    handle: sendReadiness,
  };
}

/** Says nothing about the models: probes are open to all. */
function sendReadiness({ response, call, registry, notReadyReason, databaseStatus }: RestContext): void {
  const database = databaseStatus?.();
  // Where models are served, predictions must not stop because the database is away.
  const isNeeded = call.method.endsWith("/health") && registry.sources.length === 0;
  const missing = isNeeded && database !== undefined && database.state !== "ready" ? database.message : undefined;
  const reason = notReadyReason() ?? missing;
  if (reason === undefined) sendJson(response, 200, { status: "ready" });
  else sendJson(response, 503, { status: "not ready", reason });
}
