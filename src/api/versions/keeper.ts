import { type Access, anonymous, everyone, type RecordVerb } from "../../registry/access.ts";
import { RegistryError } from "../../registry/registry-error.ts";
import type { KindName } from "../../versions/kinds/kinds.ts";
import type {
  CallOptions,
  Comparison,
  JsonPage,
  KindOrArtifact,
  ListQuery,
  Page,
  PageQuery,
  Registered,
  Registration,
  Resolved,
  UpdateOptions,
  VersionChoice,
  VersionStore,
} from "../../versions/ports.ts";
import type { Alias, FieldValues, NewRecord, RecordChanges, VersionRecord } from "../../versions/record.ts";
import type { JsonStyle } from "../../versions/record-json.ts";
import { ifFound, isVersionsError, type RecordKey } from "../../versions/versions-error.ts";
import { type Audit, changedValues } from "./audit.ts";
import { refuseGatedModel } from "./gated-model.ts";
import { hasOwnScope, resourceOf, scopeOf, scopeOfParents } from "./record-scope.ts";

/** Whose call it is. */
export interface Keeping {
  readonly access: Access;
  /** Aborts when the caller has left, or its deadline has passed. */
  readonly signal: AbortSignal;
}

/**
 * The store as one caller may use it: every call is asked for, every write leaves an audit line, and what the caller
 * makes carries the caller's name where it gives no other. Both edges, RPC and REST, go through here, and neither has
 * the store itself.
 */
export class Keeper {
  readonly #store: VersionStore;
  readonly #access: Access;
  readonly #options: CallOptions;
  readonly #audit: Audit;

  constructor(store: VersionStore, { access, signal }: Keeping, audit: Audit) {
    this.#store = store;
    this.#access = access;
    const { caller } = access;
    this.#options = caller === undefined ? { signal } : { signal, caller };
    this.#audit = audit;
  }

  async create(kind: KindName, record: NewRecord): Promise<VersionRecord> {
    await this.#permitNew(kind, record.fields);
    await this.#checkServed(kind, record.fields);
    const created = await this.#store.create(kind, this.#withMaker(kind, record), this.#options);
    this.#audit("create", created, {}, { to: record.fields });
    return created;
  }

  /** Creates a record, or changes the one of the same name and parent, which takes the right to change it. */
  async upsert(kind: KindName, record: NewRecord): Promise<{ record: VersionRecord; created: boolean }> {
    await this.#permitNew(kind, record.fields);
    if (!(await this.#mayPut("update", kind, record.fields))) {
      // Only the store knows whether the record exists, even if another caller creates it right now.
      const created = await this.create(kind, record).catch((error: unknown) => {
        throw isVersionsError(error, "ALREADY_EXISTS") ? this.#denied("update", kind) : error;
      });
      return { record: created, created: true };
    }
    const result = await this.#store.upsert(kind, record, this.#options);
    this.#audit(result.created ? "create" : "update", result.record, {}, { to: record.fields });
    return result;
  }

  async get(kind: KindOrArtifact, key: RecordKey): Promise<VersionRecord> {
    if (await this.#mayAll("get", kind)) return this.#store.get(kind, key, this.#options);
    // A model is asked for by its name before it is known whether there is one.
    if (kind === "registeredModel" && "name" in key) {
      await this.#permitScope("get", kind, key.name);
      return this.#store.get(kind, key, this.#options);
    }
    const record = await this.#hidden("get", kind, this.#store.get(kind, key, this.#options));
    await this.#permitScope("get", kind, await scopeOf(this.#store, record, this.#options));
    return record;
  }

  async list(kind: KindOrArtifact, query: PageQuery): Promise<Page> {
    await this.#permitList(kind, query.where);
    return this.#store.list(kind, query, this.#options);
  }

  async listJson(kind: KindOrArtifact, query: PageQuery, style: JsonStyle): Promise<JsonPage> {
    await this.#permitList(kind, query.where);
    return this.#store.listJson(kind, query, style, this.#options);
  }

  async *stream(kind: KindOrArtifact, query: ListQuery): AsyncGenerator<readonly VersionRecord[]> {
    await this.#permitList(kind, query.where);
    yield* this.#store.stream(kind, query, this.#options);
  }

  async count(kind: KindOrArtifact, query: Pick<ListQuery, "where" | "filter">): Promise<number> {
    await this.#permitList(kind, query.where);
    return this.#store.count(kind, query, this.#options);
  }

  async update(
    kind: KindOrArtifact,
    id: string,
    changes: RecordChanges,
    options: Omit<UpdateOptions, "signal"> = {},
  ): Promise<VersionRecord> {
    const before = await this.#permitChange("update", kind, id);
    const after = await this.#store.update(kind, id, changes, { ...options, ...this.#options });
    this.#audit("update", after, {}, changedValues(before, after));
    return after;
  }

  async delete(kind: KindOrArtifact, id: string, options: Omit<UpdateOptions, "signal"> = {}): Promise<void> {
    const before = await this.#permitChange("delete", kind, id);
    await this.#store.delete(kind, id, { ...options, ...this.#options });
    this.#audit("delete", before, {}, { from: before.fields });
  }

  async registerVersion(registration: Registration): Promise<Registered> {
    const name = String(registration.model.fields.name ?? "");
    const kinds: KindOrArtifact[] = ["registeredModel", "modelVersion"];
    if (registration.artifacts.length > 0) kinds.push("artifact");
    for (const kind of kinds) {
      if (!(await this.#mayAll("create", kind))) await this.#permitScope("create", kind, name);
    }
    const registered = await this.#register(registration);
    if (registered.created)
      this.#audit("create", registered.version, { model: name }, { to: registered.version.fields });
    return registered;
  }

  async resolveVersion(choice: VersionChoice): Promise<Resolved> {
    await this.#permitModel("get", "modelVersion", choice.model);
    return this.#store.resolveVersion(choice, this.#options);
  }

  async compare(versionIds: readonly string[]): Promise<Comparison> {
    if (!(await this.#mayAll("get", "modelVersion"))) {
      for (const id of new Set(versionIds)) await this.get("modelVersion", { id });
    }
    return this.#store.compare(versionIds, this.#options);
  }

  async listAliases(registeredModelId: string): Promise<readonly Alias[]> {
    await this.#permitModel("get", "registeredModel", { id: registeredModelId });
    return this.#store.listAliases(registeredModelId, this.#options);
  }

  /** @param expected the version that it has to stand for so far; null for none, undefined for any */
  async setAlias(alias: Pick<Alias, "registeredModelId" | "alias" | "modelVersionId">, expected?: string | null) {
    const model = await this.#permitModel("update", "registeredModel", { id: alias.registeredModelId });
    const options = expected === undefined ? this.#options : { ...this.#options, expected };
    const set = await this.#store.setAlias(alias, options);
    const from = typeof expected === "string" ? { modelVersionId: expected } : {};
    this.#audit("set alias", model, { alias: alias.alias }, { from, to: { modelVersionId: alias.modelVersionId } });
    return set;
  }

  async deleteAlias(alias: Pick<Alias, "registeredModelId" | "alias">): Promise<void> {
    const model = await this.#permitModel("update", "registeredModel", { id: alias.registeredModelId });
    await this.#store.deleteAlias(alias, this.#options);
    this.#audit("delete alias", model, { alias: alias.alias }, {});
  }

  /**
   * Why the caller may not do something with a registered model and what belongs to it; undefined where it may.
   *
   * @param name of the model; empty: with every one
   */
  async whyNot(verb: RecordVerb, resource: string, name: string): Promise<string | undefined> {
    if (this.#access === everyone || (await this.#access.mayKeep(verb, resource))) return undefined;
    if (name !== "" && (await this.#access.mayKeep(verb, resource, name))) return undefined;
    return name === "" ? `You may not ${verb} ${resource}` : `You may not ${verb} ${resource} of ${name}`;
  }

  /** Notes that a version was handed to the cluster. */
  noteDeployment({ version, model }: Resolved, service: string): void {
    this.#audit("deploy", version, { model: model.name, service }, {});
  }

  /** A registration that is sent again by somebody else is still the same. */
  async #register(registration: Registration): Promise<Registered> {
    const model = this.#withMaker("registeredModel", registration.model);
    const version = this.#withMaker("modelVersion", registration.version);
    try {
      return await this.#store.registerVersion({ ...registration, model, version }, this.#options);
    } catch (error) {
      const added = [
        ...(model === registration.model ? [] : ["model.owner"]),
        ...(version === registration.version ? [] : ["version.author"]),
      ];
      if (!isVersionsError(error, "ALREADY_REGISTERED")) throw error;
      if (!error.data.differences.every(({ field }) => added.includes(field))) throw error;
      return this.#store.registerVersion(registration, this.#options);
    }
  }

  #withMaker(kind: KindName, record: NewRecord): NewRecord {
    const { caller } = this.#access;
    const maker = makers[kind];
    if (caller === undefined || maker === undefined || record.fields[maker] !== undefined) return record;
    return { ...record, fields: { ...record.fields, [maker]: caller } };
  }

  async #checkServed(kind: KindName, fields: FieldValues): Promise<void> {
    if (kind !== "serveModel" || typeof fields.modelVersionId !== "string") return;
    const version = await ifFound(this.#store.get("modelVersion", { id: fields.modelVersionId }, this.#options));
    // One that is not there is the store's to refuse.
    if (version !== undefined) refuseGatedModel(version);
  }

  async #permitNew(kind: KindName, fields: FieldValues): Promise<void> {
    if (!(await this.#mayPut("create", kind, fields))) throw this.#denied("create", kind);
  }

  /** Whether a record may be created or, where another has its name, that one be changed in its place. */
  async #mayPut(verb: "create" | "update", kind: KindName, fields: FieldValues): Promise<boolean> {
    if (await this.#mayAll(verb, kind)) return true;
    return this.#mayInScope(verb, kind, await this.#scopeOfNew(verb, kind, fields));
  }

  /** The scope that a new record belongs to: its own name, or that of its parents. */
  async #scopeOfNew(verb: RecordVerb, kind: KindName, fields: FieldValues): Promise<string | undefined> {
    if (hasOwnScope(kind)) return String(fields.name ?? "");
    return this.#hidden(verb, kind, scopeOfParents(this.#store, fields, this.#options));
  }

  async #permitList(kind: KindOrArtifact, where: FieldValues = {}): Promise<void> {
    if (await this.#mayAll("list", kind)) return;
    const scope = await this.#hidden("list", kind, scopeOfParents(this.#store, where, this.#options));
    await this.#permitScope("list", kind, scope);
  }

  /** The record as it is before it is changed. */
  async #permitChange(verb: RecordVerb, kind: KindOrArtifact, id: string): Promise<VersionRecord> {
    const all = await this.#mayAll(verb, kind);
    const found = this.#store.get(kind, { id }, this.#options);
    if (all) return found;
    const record = await this.#hidden(verb, kind, found);
    await this.#permitScope(verb, kind, await scopeOf(this.#store, record, this.#options));
    return record;
  }

  async #permitModel(verb: RecordVerb, kind: KindName, key: RecordKey): Promise<VersionRecord> {
    const all = await this.#mayAll(verb, kind);
    if (!all && "name" in key) await this.#permitScope(verb, kind, key.name);
    const found = this.#store.get("registeredModel", key, this.#options);
    if (all) return found;
    const model = await this.#hidden(verb, kind, found);
    await this.#permitScope(verb, kind, model.name);
    return model;
  }

  #mayAll(verb: RecordVerb, kind: KindOrArtifact): boolean | Promise<boolean> {
    return this.#access === everyone || this.#access.mayKeep(verb, resourceOf(kind));
  }

  async #permitScope(verb: RecordVerb, kind: KindOrArtifact, scope: string | undefined): Promise<void> {
    if (!(await this.#mayInScope(verb, kind, scope))) throw this.#denied(verb, kind);
  }

  async #mayInScope(verb: RecordVerb, kind: KindOrArtifact, scope: string | undefined): Promise<boolean> {
    return scope !== undefined && scope !== "" && (await this.#access.mayKeep(verb, resourceOf(kind), scope));
  }

  /** Who may not use all records learns nothing of those that are not there. */
  async #hidden<T>(verb: RecordVerb, kind: KindOrArtifact, found: Promise<T>): Promise<T> {
    try {
      return await found;
    } catch (error) {
      if (isVersionsError(error, "NOT_FOUND")) throw this.#denied(verb, kind);
      throw error;
    }
  }

  #denied(verb: RecordVerb, kind: KindOrArtifact): RegistryError {
    if (this.#access === anonymous) {
      return new RegistryError(
        "UNAUTHENTICATED",
        "The registry of versions is not open to anonymous callers: authenticate",
      );
    }
    const resource = resourceOf(kind);
    return new RegistryError(
      "PERMISSION_DENIED",
      `You may not ${verb} this of ${resource}, whether or not it is there; ask for what belongs to a registered model that you may use`,
      { metadata: { resource, verb } },
    );
  }
}

/** The field that says who made a record. */
const makers: Readonly<Partial<Record<KindName, string>>> = { registeredModel: "owner", modelVersion: "author" };
