import { inParallel } from "../base/in-parallel.ts";
import type { RegisteredModel } from "./model.ts";
import { type ModelRef, refMetadata, refText } from "./model-key.ts";
import type { Registry, Snapshot } from "./registry.ts";
import { RegistryError } from "./registry-error.ts";

/** How long a check of a caller's credentials is valid. */
export interface Lease {
  /** In milliseconds since the epoch. */
  readonly untilMs: number;
  /** Checks again. Rejects with UNAUTHENTICATED, or ACCESS_CHECK_FAILED. */
  renew(): Promise<Access>;
}

/** What one caller may see and use. Methods reject with ACCESS_CHECK_FAILED when a decision cannot be made. */
export interface Access {
  /** The caller's name, for the log; undefined when it was not determined. */
  readonly caller: string | undefined;
  /** Whether a proxy named the user, so that the call's token is the proxy's. Default: false. */
  readonly byProxy?: boolean;
  /** For calls that stay open. Undefined: no expiry. */
  readonly lease?: Lease;
  mayUse(model: Pick<RegisteredModel, "name" | "namespace" | "holdsName">): boolean | Promise<boolean>;
  /** Whether it may use every model of a namespace or, without one, every model there is or could be. */
  mayUseAll(namespace?: string): boolean | Promise<boolean>;
  /**
   * Whether it may do something in the registry of versions, such as `update` on `modelversions`, for the named
   * registered model; without a name: for any.
   */
  mayKeep(verb: RecordVerb, resource: string, name?: string): boolean | Promise<boolean>;
}

/** What is done with a record of the registry of versions. */
export const recordVerbs = ["get", "list", "create", "update", "delete"] as const;
export type RecordVerb = (typeof recordVerbs)[number];

/** The access of every caller while access control is off. */
export const everyone: Access = {
  caller: undefined,
  mayUse: () => true,
  mayUseAll: () => true,
  mayKeep: () => true,
};

/** The access of a caller without credentials: what is open to all, and no model. */
export const anonymous: Access = {
  caller: undefined,
  mayUse: () => false,
  mayUseAll: () => false,
  mayKeep: () => false,
};

/**
 * The model that a caller names; undefined when there is none and the caller may know that. Callers who may not use all
 * models get the same answer for a model of others and for one that does not exist.
 *
 * @throws RegistryError UNAUTHENTICATED, PERMISSION_DENIED, ACCESS_CHECK_FAILED, MODELS_NOT_LOADED
 */
export async function permittedModel(
  registry: Pick<Registry, "find" | "assertLoaded">,
  ref: ModelRef,
  access: Access,
): Promise<RegisteredModel | undefined> {
  const model = registry.find(ref);
  if (model === undefined) registry.assertLoaded();
  // Access is checked in the same way whether the model exists or not, so that neither time nor failure reveals it.
  const { name, namespace = "" } = ref;
  const asked = model ?? { name, namespace, holdsName: namespace === "" };
  const allowed = (await access.mayUse(asked)) || (await access.mayUseAll());
  if (allowed) return model;
  if (access === anonymous) {
    throw new RegistryError("UNAUTHENTICATED", "Models are not open to anonymous callers: authenticate");
  }
  throw new RegistryError(
    "PERMISSION_DENIED",
    `You may not use the model ${refText(ref)}, whether or not there is one`,
    {
      metadata: refMetadata(ref),
    },
  );
}

/**
 * The part of a snapshot that one caller may see.
 *
 * @param isMeant which models the caller asks for. Access to the others is not checked; they may be left out of the
 * result
 */
export function visibleSnapshot(
  snapshot: Snapshot,
  access: Access,
  isMeant: (model: RegisteredModel) => boolean = () => true,
): Snapshot | Promise<Snapshot> {
  return access === everyone ? snapshot : askedSnapshot(snapshot, access, isMeant);
}

async function askedSnapshot(
  snapshot: Snapshot,
  access: Access,
  isMeant: (model: RegisteredModel) => boolean,
): Promise<Snapshot> {
  // From the broadest check to the narrowest: one yes decides for many models.
  if (await access.mayUseAll()) return snapshot;
  const all = [...snapshot.models.values()].filter(isMeant);
  const namespaces = [...new Set(all.map(({ namespace }) => namespace))];
  const whole = new Set(await filterAsync(namespaces, (namespace) => access.mayUseAll(namespace)));
  const visible = await filterAsync(all, (model) => whole.has(model.namespace) || access.mayUse(model));
  const models = new Map(visible.map((model) => [model.key, model]));
  const holders = new Map(visible.flatMap((model) => (model.holdsName ? [[model.name, model] as const] : [])));
  return {
    version: snapshot.version,
    models,
    keys: snapshot.keys.filter((key) => models.has(key)),
    holders,
    names: snapshot.names.filter((name) => holders.has(name)),
  };
}

/** How many access checks one list has under way at a time. */
const maxQuestionsAtOnce = 8;

async function filterAsync<T>(items: readonly T[], keep: (item: T) => boolean | Promise<boolean>): Promise<T[]> {
  const kept = await inParallel(items, maxQuestionsAtOnce, keep);
  return items.filter((_, i) => kept[i]);
}
