import type { RestInference } from "../../registry/inference.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { UpstreamTerms } from "../../registry/ports.ts";
import type { ModelClient, ModelResponse } from "../http/model-client.ts";
import { errorFromStatus } from "../http/upstream-error.ts";
import { modelPath } from "./model-path.ts";
import type { RestParts } from "./rest-parts.ts";
import { serverWords } from "./server-words.ts";

/** Sends an inference request to the model of a call, in the form that REST has for it. @throws RegistryError */
export function postInference(
  client: ModelClient,
  call: UpstreamTerms,
  { body, jsonBytes, version = "" }: RestInference,
): Promise<ModelResponse> {
  const { model, headers, cancellation, holder } = call;
  const binary = jsonBytes !== undefined;
  const versionPath = version === "" ? "" : `/versions/${encodeURIComponent(version)}`;
  return client.send(model, {
    path: `${modelPath(model)}${versionPath}/infer`,
    // Where there are blocks behind the JSON, KServe refuses the type of JSON.
    contentType: binary ? "application/octet-stream" : "application/json",
    headers: binary ? { ...headers, "inference-header-content-length": String(jsonBytes) } : headers,
    body,
    cancellation,
    holder,
  });
}

/** Refuses what is not an answer to an inference request. @throws RegistryError */
export function assertAnswered({ doubt }: RestParts, model: RegisteredModel, response: ModelResponse): void {
  if (response.status === 200 || response.status === 201) return;
  // It may fail because the model is another one by now.
  doubt(model);
  throw errorFromStatus(model, response, serverWords);
}
