import { contractFormats } from "../../../contract/contract-text.ts";
import { modelTypes } from "../../../registry/model.ts";
import { defaultPageSize, maxPageSize } from "../../list-page.ts";
import type { Examples, Parameter } from "./document.ts";
import { dnsLabel } from "./schemas.ts";

/** The `{name}` of a path. */
export function nameParameter(examples: Examples): Parameter {
  return {
    name: "name",
    in: "path",
    required: true,
    description:
      "The name of the model, a DNS label: the model that holds it is meant. A model of a further cluster is also found as `cluster%2Fname`.",
    schema: dnsLabel,
    examples,
  };
}

/** The `{namespace}` of a path. */
export const namespaceParameter: Parameter = {
  name: "namespace",
  in: "path",
  required: true,
  description: "The Kubernetes namespace of the model, a DNS label.",
  schema: dnsLabel,
  examples: { demo: { summary: "The namespace of the demo", value: "self-healing-platform" } },
};

/** The filters and the page of a list. An empty filter counts as left out. */
export const listParameters: readonly Parameter[] = [
  {
    name: "type",
    in: "query",
    required: false,
    description: "Only models of this type.",
    schema: { type: "string", enum: [...modelTypes, ""] },
  },
  {
    name: "namespace",
    in: "query",
    required: false,
    description: "Only models of this Kubernetes namespace.",
    schema: { type: "string" },
  },
  {
    name: "cluster",
    in: "query",
    required: false,
    description: "Only models of this further cluster.",
    schema: { type: "string" },
  },
  {
    name: "trigger",
    in: "query",
    required: false,
    description: "Only models with this trigger: a bare name, a rule's type or a rule's metric.",
    schema: { type: "string" },
  },
  {
    name: "pageSize",
    in: "query",
    required: false,
    description:
      `How many models to return at most. 0 means ${defaultPageSize}, above ${maxPageSize} means ${maxPageSize}. ` +
      "Where neither this nor `pageToken` is given, all models are returned.",
    schema: { type: "integer", minimum: 0, maximum: 999_999_999 },
  },
  {
    name: "pageToken",
    in: "query",
    required: false,
    description: "The `nextPageToken` of the page before, with the same filters. Empty: the first page.",
    schema: { type: "string", pattern: "^[A-Za-z0-9_-]*$" },
  },
  {
    name: "includeUnserved",
    in: "query",
    required: false,
    description:
      "`true` adds to the first page the entries that are not in force: those that another one shadows, as far as they " +
      "match the filters, and without filters those that are refused. At most 1,000.",
    schema: { type: "string", enum: ["true", "false", ""] },
  },
];

/** A list as a stream of events. */
export const watchParameters: readonly Parameter[] = [
  {
    name: "watch",
    in: "query",
    required: false,
    description:
      "`true` answers with server-sent events: the models, `synced`, and then every change, until the caller leaves. Not " +
      "together with `pageSize`, `pageToken` and `includeUnserved`.",
    schema: { type: "string", enum: ["true", "false", ""] },
  },
  {
    name: "Last-Event-ID",
    in: "header",
    required: false,
    description: "For `watch`: the last `id` that was received, to get what has changed since. EventSource sends it.",
    schema: { type: "string" },
  },
];

/** The form of a contract. */
export const formatParameter: Parameter = {
  name: "format",
  in: "query",
  required: false,
  description: "The form of the contract. Left out or empty: `proto`.",
  schema: { type: "string", enum: [...contractFormats, ""] },
};

/** Whether a prediction waits for its model. */
export const waitForReadyParameter: Parameter = {
  name: "waitForReady",
  in: "query",
  required: false,
  description:
    "`true` waits while the model is not ready, cannot be reached, or its breaker is open, instead of failing: at most " +
    "as long as a prediction may take (`KSERVE_TIMEOUT`, or the `timeout` of the entry).",
  schema: { type: "string", enum: ["true", "false", ""] },
};

/** The caller's id of a request. */
export const requestIdParameter: Parameter = {
  name: "x-request-id",
  in: "header",
  required: false,
  description:
    "An id of the caller for this request, for the logs: it goes to the model and comes back. Anything but 1 to 128 " +
    "printable ASCII characters without spaces is replaced.",
  schema: { type: "string" },
};

/** W3C trace context. */
export const traceparentParameter: Parameter = {
  name: "traceparent",
  in: "header",
  required: false,
  description: "W3C trace context. It goes to the model; a malformed one is ignored. So do `tracestate` and `x-b3-*`.",
  schema: { type: "string" },
};
