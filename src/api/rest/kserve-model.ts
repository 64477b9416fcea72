import { isDnsLabel } from "../../base/field-reader.ts";
import { visibleSnapshot } from "../../registry/access.ts";
import type { RegisteredModel } from "../../registry/model.ts";
import type { ModelRef } from "../../registry/model-key.ts";
import { splitName } from "../../registry/registered-name.ts";
import type { Registry } from "../../registry/registry.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import { sendJson } from "../http-message.ts";
import { jsonAnswer } from "./openapi/answers.ts";
import { errorRefs } from "./openapi/error-answers.ts";
import { example, modelNames } from "./openapi/examples.ts";
import { type RestContext, refOf } from "./rest-context.ts";

/** What {@link sendModelNames} answers. */
export const modelNamesResponses = {
  "200": jsonAnswer("The names.", "ModelNames", example("Names", { models: modelNames })),
  ...errorRefs("NotAnsweredNow"),
};

/** What {@link sendModelReadiness} answers. */
export const modelReadinessResponses = {
  "200": jsonAnswer(
    "The model is ready.",
    "ModelReadiness",
    example("Ready", { name: "anomaly-detector", ready: true }),
  ),
  ...errorRefs("BadName", "ModelNotFound", "NotAllowed", "ModelNotReady"),
};

/**
 * Whether a model is listed to KServe's clients: one that holds its name or, below a namespace, any of that namespace.
 */
export function isListed(namespace: string | undefined): (model: RegisteredModel) => boolean {
  return namespace === undefined ? ({ holdsName }) => holdsName : (model) => model.namespace === namespace;
}

/** The names that models hold; below a namespace the names of its models. */
export async function sendModelNames({ response, registry, call, params }: RestContext): Promise<void> {
  const { namespace } = params;
  const isMeant = isListed(namespace);
  const { names, keys, models } = await visibleSnapshot(registry.loadedSnapshot, call.access, isMeant);
  const ofNamespace = (): string[] =>
    keys
      .map((key) => models.get(key)!)
      .filter(isMeant)
      .map(({ name }) => name);
  sendJson(response, 200, { models: namespace === undefined ? names : ofNamespace() });
}

/** The current readiness, as a KServe server answers it: KServe's clients poll it until a model is there. */
export async function sendModelReadiness(context: RestContext): Promise<void> {
  const { response, registry, params, check } = context;
  const name = params.name!;
  const { key } = await namedModel(context);
  await check(key, 1000);
  if (registry.readiness(key).state === "ready") sendJson(response, 200, { name, ready: true });
  else sendJson(response, 503, { error: `Model with name ${name} is not ready.` }, { "retry-after": "1" });
}

/**
 * The model that a path names, as the clients of KServe servers name it. Answers at once while access control is off.
 *
 * @throws RegistryError as `Pipeline.resolve`
 */
export function namedModel({
  pipeline,
  registry,
  call,
  params,
}: RestContext): RegisteredModel | Promise<RegisteredModel> {
  const ref = refOf(params);
  assertCouldBe(registry, ref);
  const note = (model: RegisteredModel): RegisteredModel => {
    call.model = model;
    return model;
  };
  const resolved = pipeline.resolve(ref, call.access);
  return resolved instanceof Promise ? resolved.then(note) : note(resolved);
}

/**
 * To a KServe server every name that it does not have is simply unknown, even a malformed one.
 *
 * @throws RegistryError MODEL_NOT_FOUND for a name that no model can have
 */
export function assertCouldBe(registry: Pick<Registry, "find" | "hasCluster">, ref: ModelRef): void {
  // An existing model needs no further checks.
  if (registry.find(ref) !== undefined) return;
  const { name: written, namespace = "x" } = ref;
  const { cluster, name } = splitName(written);
  const isThere = cluster === "" ? !written.includes("/") : registry.hasCluster(cluster);
  if (isThere && isDnsLabel(name) && isDnsLabel(namespace)) return;
  throw new RegistryError("MODEL_NOT_FOUND", "No model can have this name", { metadata: { model: written } });
}
