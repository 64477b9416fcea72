import { inParallel } from "../base/in-parallel.ts";
import type { RegisteredModel } from "./model.ts";
import { type ModelRef, refMetadata, refText } from "./model-key.ts";
import type { Registry, Snapshot } from "./registry.ts";
import { RegistryError } from "./registry-error.ts";

/** How long it is known who a caller is. */
export interface Lease {
  /** In milliseconds since the epoch. */
  readonly untilMs: number;
  /** Asks again. Rejects with UNAUTHENTICATED, or ACCESS_CHECK_FAILED. */
  renew(): Promise<Access>;
}

/** What one caller may see and use. A question that cannot be answered rejects with ACCESS_CHECK_FAILED. */
export interface Access {
  /** Who it is, for the log; undefined when nobody asked. */
  readonly caller: string | undefined;
  /** Whether a proxy has said who it is, so that the token of the call is the proxy's. Default: false. */
  readonly byProxy?: boolean;
  /** For calls that stay open. Undefined: for good. */
  readonly lease?: Lease;
  mayUse(model: Pick<RegisteredModel, "name" | "namespace" | "holdsName">): boolean | Promise<boolean>;
  /** Whether it may use every model of a namespace, or without one every model there is or could be. */
  mayUseAll(namespace?: string): boolean | Promise<boolean>;
  /**
   * Whether it may do something in the registry of versions: `update`, `modelversions`, and the name of the registered
   * model that is concerned; without one: whichever it is.
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

/** The access of a caller that is not known: what is open to all, and no model. */
export const anonymous: Access = {
  caller: undefined,
  mayUse: () => false,
  mayUseAll: () => false,
  mayKeep: () => false,
};

/**
 * The model that a caller names; undefined when there is none and the caller may know that. Who may not use all
 * models gets the same answer for a model that is not theirs and for one that is not there.
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
  // The same questions whether there is a model or not, so that neither their time nor their failure shows whether it exists.
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
 * @param isMeant which models the caller asks for. No right is asked for on the others: they may be left out, and need not be.
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
  // From the widest question to the narrowest: one yes answers for many models.
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

/** How many questions one list has under way at a time. */
const maxQuestionsAtOnce = 8;

async function filterAsync<T>(items: readonly T[], keep: (item: T) => boolean | Promise<boolean>): Promise<T[]> {
  const kept = await inParallel(items, maxQuestionsAtOnce, keep);
  return items.filter((_, i) => kept[i]);
}
