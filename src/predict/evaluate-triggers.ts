import { inParallel } from "../base/in-parallel.ts";
import { yieldIfBusy } from "../base/yield-if-busy.ts";
import { type Access, visibleSnapshot } from "../registry/access.ts";
import type { FeatureValue, RegisteredModel, Trigger } from "../registry/model.ts";
import { type ModelFilter, matches, type Registry } from "../registry/registry.ts";
import { type ErrorReason, invalidField, RegistryError } from "../registry/registry-error.ts";
import { type Evaluation, evaluate } from "./evaluate.ts";
import { writeNumber } from "./json/number.ts";
import { compare } from "./output-format.ts";
import type { Pipeline, PredictCall } from "./pipeline.ts";

/** Metric samples by name. */
export type Samples = Readonly<Record<string, unknown>>;

/** A trigger that fires, and the sample that made it. */
export interface FiredTrigger {
  readonly trigger: Trigger;
  readonly sample: FeatureValue;
}

/** A model whose triggers fire, and the result of its evaluation. */
export interface TriggeredModel {
  readonly model: RegisteredModel;
  readonly triggers: readonly FiredTrigger[];
  readonly outcome:
    | { readonly kind: "evaluation"; readonly evaluation: Evaluation }
    /** Empty when the model declares no features at all. */
    | { readonly kind: "missing-features"; readonly names: readonly string[] }
    | { readonly kind: "failure"; readonly reason: ErrorReason; readonly message: string };
}

/** How many models are asked side by side. */
const maxSideBySide = 32;
export const maxSamples = 4096;
/**
 * How many values the JSON of samples may have, with the few other members of a request. JSON with more is not parsed.
 */
export const maxSamplesJson = maxSamples + 16;

/**
 * Finds the models whose triggers fire, and evaluates those whose features the samples cover, in parallel. The failure
 * of one model does not affect the others.
 *
 * @throws RegistryError INVALID_REQUEST for invalid samples, REQUEST_TOO_LARGE for too many
 */
export async function evaluateTriggers(
  { registry, pipeline }: { readonly registry: Registry; readonly pipeline: Pipeline },
  samples: Samples,
  filter: ModelFilter,
  access: Access,
  call: Omit<PredictCall, "body">,
): Promise<readonly TriggeredModel[]> {
  checkSamples(samples);
  const isMeant = (model: RegisteredModel): boolean => model.triggers.length > 0 && matches(model, filter);
  const { keys, models } = await visibleSnapshot(registry.loadedSnapshot, access, isMeant);
  const fired: { readonly model: RegisteredModel; readonly triggers: readonly FiredTrigger[] }[] = [];
  for (const key of keys) {
    const model = models.get(key)!;
    const triggers = isMeant(model) ? firedTriggers(model, samples) : [];
    if (triggers.length > 0) fired.push({ model, triggers });
    const pause = yieldIfBusy();
    if (pause !== undefined) await pause;
  }
  return await inParallel(fired, maxSideBySide, async ({ model, triggers }) => ({
    model,
    triggers,
    outcome: await outcomeOf(model, samples, pipeline, call),
  }));
}

/** The error for too many samples. */
export function tooManySamples(): RegistryError {
  return new RegistryError(
    "REQUEST_TOO_LARGE",
    `The request has more than ${maxSamples} samples; send those that triggers and features name`,
  );
}

function checkSamples(samples: Samples): void {
  const entries = Object.entries(samples);
  if (entries.length === 0)
    throw invalidField("samples", 'is empty; expected samples by name, {"disk_utilization": 91.2}');
  if (entries.length > maxSamples) throw tooManySamples();
  for (const [name, value] of entries) {
    if (typeof value === "object" && value !== null) {
      throw invalidField(`samples.${name.slice(0, 80)}`, "expected a number, string, true, false or null");
    }
  }
}

function firedTriggers(model: RegisteredModel, samples: Samples): FiredTrigger[] {
  return model.triggers.flatMap((trigger) => {
    const name = trigger.name ?? trigger.metric;
    if (name === undefined || !Object.hasOwn(samples, name)) return [];
    const sample = samples[name] as FeatureValue;
    return fires(trigger, sample) ? [{ trigger, sample }] : [];
  });
}

/** A rule with a threshold compares a number; any other trigger is an event that is true or false. */
function fires({ threshold, comparison }: Trigger, sample: FeatureValue): boolean {
  if (threshold === undefined) return sample === true;
  return typeof sample === "number" && compare(sample, comparison ?? ">=", threshold);
}

async function outcomeOf(
  model: RegisteredModel,
  samples: Samples,
  pipeline: Pipeline,
  call: Omit<PredictCall, "body">,
): Promise<TriggeredModel["outcome"]> {
  const names = model.inputFeatures
    .filter(({ name, default: fallback }) => !Object.hasOwn(samples, name) && fallback === undefined)
    .map(({ name }) => name);
  if (names.length > 0 || model.inputFeatures.length === 0) return { kind: "missing-features", names };
  try {
    const prediction = await pipeline.predict(model, { ...call, body: () => rowOf(model, samples) });
    return { kind: "evaluation", evaluation: evaluate(prediction) };
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    return { kind: "failure", reason: error.reason, message: error.message };
  }
}

/** A row by name, of those samples that are features of the model. */
function rowOf(model: RegisteredModel, samples: Samples): Uint8Array {
  const cells = model.inputFeatures
    .filter(({ name }) => Object.hasOwn(samples, name))
    .map(({ name }) => {
      const value = samples[name] as FeatureValue;
      return `${JSON.stringify(name)}:${typeof value === "number" ? writeNumber(value) : JSON.stringify(value)}`;
    });
  return Buffer.from(`{"instances":[{${cells.join(",")}}]}`);
}
