import { Cancellation } from "../../base/cancellation.ts";
import { evaluate } from "../../predict/evaluate.ts";
import { evaluateTriggers, type Samples } from "../../predict/evaluate-triggers.ts";
import type { CallerReason } from "../../predict/limits/time-limit.ts";
import type { PredictCall, Prediction } from "../../predict/pipeline.ts";
import { invalidField } from "../../registry/registry-error.ts";
import { upstreamHeaders } from "../call.ts";
import { HttpError, readBody, sendBytes, sendJson } from "../http-message.ts";
import { versionOf } from "../rpc/predict-messages.ts";
import { evaluationToJson, triggeredToJson } from "./evaluation-json.ts";
import type { RestContext } from "./rest-context.ts";

/** `POST /api/v1/models/{name}/predict` and `/v1/models/{name}:predict`: KServe's body in, KServe's body out. */
export async function predict(context: RestContext): Promise<void> {
  const { answer } = await predictFromBody(context);
  sendBytes(context.response, 200, answer.bytes, { "content-type": "application/json" });
}

/** `POST /api/v1/models/{name}/evaluate`: a KServe body in, verdicts out. */
export async function evaluateModel(context: RestContext): Promise<void> {
  const prediction = await predictFromBody(context);
  const evaluation = evaluate(prediction);
  sendJson(context.response, 200, evaluationToJson(evaluation, versionOf(prediction.answer)));
}

/** `POST /api/v1/triggers/evaluate`: metric samples in, the models whose triggers fire out. */
export async function evaluateFiredTriggers(context: RestContext): Promise<void> {
  const samples = await readSamples(context);
  const models = await whileCallerStays(context, (call) =>
    evaluateTriggers(context, samples, {}, context.call.access, call),
  );
  sendJson(context.response, 200, triggeredToJson(models));
}

async function predictFromBody(context: RestContext): Promise<Prediction> {
  const { request, call, pipeline, name, memory } = context;
  const waitForReady = waitForReadyOf(context.query);
  assertJson(request.headers["content-type"]);
  // An unknown model is refused before its instances are taken.
  const resolved = pipeline.resolve(name, call.access);
  const model = resolved instanceof Promise ? await resolved : resolved;
  call.model = model.name;
  const body = await readBody(request, context, { memory, holder: call });
  return await whileCallerStays(context, (common) =>
    pipeline.predict(model, { ...common, body: () => body, waitForReady }),
  );
}

/** Whether the query asks to wait for the model; empty counts as left out. */
function waitForReadyOf(query: URLSearchParams): boolean {
  const value = query.get("waitForReady") ?? "";
  if (value !== "" && value !== "true" && value !== "false")
    throw invalidField("waitForReady", "expected true or false");
  return value === "true";
}

/** Runs something that ends when the caller leaves. */
async function whileCallerStays<T>(
  { request, response, call }: RestContext,
  run: (common: Omit<PredictCall, "body">) => Promise<T>,
): Promise<T> {
  const caller = new Cancellation<CallerReason>();
  const onClose = (): void => caller.cancel("CALLER_LEFT");
  response.on("close", onClose);
  try {
    return await run({
      headers: upstreamHeaders(call),
      authorization: request.headers.authorization,
      caller,
      holder: call,
    });
  } finally {
    response.off("close", onClose);
  }
}

/** Metric samples by name: the body itself is the object. */
async function readSamples(context: RestContext): Promise<Samples> {
  const { request, memory, call } = context;
  assertJson(request.headers["content-type"]);
  const body = await readBody(request, context, { memory, holder: call });
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(body).toString());
  } catch (error) {
    throw invalidField("body", `not JSON: ${(error as Error).message}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw invalidField("body", 'expected a JSON object of samples by name, {"disk_utilization": 91.2}');
  }
  return value as Samples;
}

/** What a body may call itself. `curl -d` says it is a form, and means JSON. */
const jsonTypes = /^(application\/([\w.+-]+\+)?json|application\/x-www-form-urlencoded|text\/plain|text\/json)$/;

function assertJson(header: string | undefined): void {
  if (header === undefined || header === "application/json") return;
  const [type = "", ...parameters] = header.split(";").map((part) => part.trim().toLowerCase());
  const charset = parameters
    .find((parameter) => parameter.startsWith("charset="))
    ?.slice(8)
    .replaceAll('"', "");
  if (!jsonTypes.test(type)) {
    throw new HttpError(415, `content-type ${type.slice(0, 80)} is not taken; send application/json`);
  }
  if (charset !== undefined && charset !== "utf-8" && charset !== "utf8" && charset !== "us-ascii") {
    throw new HttpError(415, `charset ${charset.slice(0, 40)} is not taken; send UTF-8`);
  }
}
