import type { ModelLoad } from "../../predict/limits/bulkhead.ts";
import type { UnservedEntry } from "../../registry/merged-sources.ts";
import type { Provenance, RegisteredModel, VersionLink } from "../../registry/model.ts";
import type { Readiness } from "../../registry/readiness.ts";
import { versionRefText } from "../../registry/version-ref.ts";

/** A model as `/api/v1/models` shows it: the keys and the lower-case words of the documents. */
export function modelToJson(model: RegisteredModel, readiness: Readiness): Record<string, unknown> {
  return {
    name: model.name,
    service: model.service,
    namespace: model.namespace,
    ...(model.cluster === "" ? {} : { cluster: model.cluster }),
    ...(model.holdsName ? {} : { holdsName: false }),
    ...(model.type === undefined ? {} : { type: model.type }),
    description: model.description,
    url: model.address.url,
    ...(model.protocol === "v1" ? {} : { protocol: model.protocol }),
    triggers: model.triggers.map((trigger) => trigger.name ?? trigger),
    // A feature that was declared as a bare name is shown as one.
    inputFeatures: model.inputFeatures.map((feature) => (Object.keys(feature).length === 1 ? feature.name : feature)),
    ...(model.inputFormat === "array" ? {} : { inputFormat: model.inputFormat }),
    ...(model.outputFormat === undefined ? {} : { outputFormat: model.outputFormat }),
    remediationActions: model.remediationActions,
    ...(model.link === undefined ? {} : { versionLink: versionLinkToJson(model.link) }),
    state: readiness.state,
    ...(readiness.reason === "" ? {} : { stateReason: readiness.reason }),
    source: model.source,
    updateTime: model.updateTime.toISOString(),
  };
}

interface WrittenModel extends Pick<Readiness, "state" | "reason"> {
  readonly text: string;
}

/** The last JSON text of each model: models are listed far more often than they change. */
const written = new WeakMap<RegisteredModel, WrittenModel>();

/** The model as JSON text, cached while the model and its readiness stay the same. */
export function modelToJsonText(model: RegisteredModel, readiness: Readiness): string {
  const { state, reason } = readiness;
  const before = written.get(model);
  if (before?.state === state && before.reason === reason) return before.text;
  const text = JSON.stringify(modelToJson(model, readiness));
  written.set(model, { state, reason, text });
  return text;
}

/** The link to a registered version, without undefined fields. */
function versionLinkToJson({ ref, state, problem, found, takes, differences }: VersionLink): Record<string, unknown> {
  return {
    reference: versionRefText(ref),
    state,
    ...(problem === "" ? {} : { problem }),
    ...(found === undefined
      ? {}
      : {
          registeredModel: found.registeredModel,
          registeredModelId: found.registeredModelId,
          version: found.version,
          modelVersionId: found.versionId,
          aliases: found.aliases,
        }),
    ...(takes.length === 0 ? {} : { declaredFields: takes }),
    ...(differences.length === 0 ? {} : { differences }),
  };
}

/** A model in full: with its entries, its load, and the state of its breaker. */
export function modelDetailToJson(
  model: RegisteredModel,
  readiness: Readiness,
  { inFlight, queued, breaker }: ModelLoad,
  refused: readonly UnservedEntry[],
): Record<string, unknown> {
  const { state, consecutiveFailures, openSince, nextProbe } = breaker;
  return {
    ...modelToJson(model, readiness),
    entries: [
      entryToJson(model, "in-force"),
      ...model.shadowed.map((entry) => entryToJson(entry, "shadowed")),
      ...refused.map(refusedToJson),
    ],
    inFlight,
    queued,
    breaker: {
      state,
      consecutiveFailures,
      ...(openSince === undefined ? {} : { openTime: openSince.toISOString() }),
      ...(nextProbe === undefined ? {} : { nextProbeTime: nextProbe.toISOString() }),
    },
  };
}

/** An entry that is not in force, and the name of its model. */
export function unservedToJson(unserved: UnservedEntry): Record<string, unknown> {
  const { name, shadowed } = unserved;
  const namespace = shadowed?.entry.namespace ?? unserved.tenant;
  return {
    ...(name === undefined ? {} : { name }),
    ...(namespace === undefined ? {} : { namespace }),
    ...(shadowed === undefined
      ? refusedToJson(unserved)
      : entryToJson({ ...unserved, updateTime: shadowed.updateTime }, "shadowed")),
  };
}

function entryToJson({ source, location, cluster, updateTime }: Provenance, standing: string): Record<string, unknown> {
  return {
    source,
    location,
    ...(cluster === "" ? {} : { cluster }),
    standing,
    updateTime: updateTime.toISOString(),
  };
}

function refusedToJson({ source, location, cluster, problems }: UnservedEntry): Record<string, unknown> {
  return { source, location, ...(cluster === "" ? {} : { cluster }), standing: "refused", problems };
}
