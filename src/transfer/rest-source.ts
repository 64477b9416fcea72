import { inParallel } from "../base/in-parallel.ts";
import { type KindName, kindOfArtifactType, kinds } from "../versions/kinds/kinds.ts";
import { type RecordSource, type SourceRecord, TransferError, type WireRecord } from "./record-source.ts";
import type { RestClient } from "./rest-client.ts";

/** Records on a page, and versions whose artifacts are read together. */
const pageSize = 500;
const parentsPageSize = 50;

/** The records of a registry that speaks the REST API of Kubeflow's, in either version. */
export class RestSource implements RecordSource {
  readonly #client: RestClient;

  constructor(client: RestClient) {
    this.#client = client;
  }

  async check(signal: AbortSignal): Promise<void> {
    await this.#client.prefix(signal);
  }

  async *batches(signal: AbortSignal): AsyncGenerator<readonly SourceRecord[]> {
    const models: string[] = [];
    for await (const page of this.#pages("/registered_models", pageSize, signal)) {
      for (const record of page) models.push(idOf(record));
      yield page.map((record) => ({ kind: "registeredModel", record }));
    }
    const artifacts = new Set<string>();
    for await (const page of this.#pages("/model_versions", parentsPageSize, signal)) {
      const below = await this.#below(page, (id) => `/model_versions/${id}/artifacts`, "modelVersionId", signal);
      for (const record of below) artifacts.add(idOf(record));
      yield [...page.map((record) => ({ kind: "modelVersion" as const, record })), ...below.map(artifactOf)];
    }
    for await (const page of this.#pages("/serving_environments", pageSize, signal)) {
      yield page.map((record) => ({ kind: "servingEnvironment", record }));
    }
    for await (const page of this.#pages("/inference_services", parentsPageSize, signal)) {
      const below = await this.#below(page, (id) => `/inference_services/${id}/serves`, "inferenceServiceId", signal);
      yield [
        ...page.map((record) => ({ kind: "inferenceService" as const, record })),
        ...below.map((record) => ({ kind: "serveModel" as const, record })),
      ];
    }
    // Those that belong to no version.
    for await (const page of this.#pages("/artifacts", pageSize, signal)) {
      yield page.filter((record) => !artifacts.has(idOf(record))).map(artifactOf);
    }
    yield* this.#aliases(models, signal);
  }

  /** An addition of this program's: another registry knows no such path. */
  async *#aliases(models: readonly string[], signal: AbortSignal): AsyncGenerator<readonly SourceRecord[]> {
    for (let i = 0; i < models.length; i += parentsPageSize) {
      const prefix = await this.#client.prefix(signal);
      const path = (id: string) => `${prefix}/registered_models/${id}/aliases`;
      const [first, ...others] = models.slice(i, i + parentsPageSize);
      if (i === 0 && (await this.#client.get(path(first!), signal)).status === 404) return;
      const lists = await inParallel([first!, ...others], this.#client.concurrency, async (id) =>
        itemsOf(await this.#client.json(path(id), signal)),
      );
      yield lists.flat().map((record) => ({ kind: "alias", record }));
    }
  }

  /** The children of a page of records, each with the id of its parent. */
  async #below(
    parents: readonly WireRecord[],
    path: (id: string) => string,
    parentField: string,
    signal: AbortSignal,
  ): Promise<WireRecord[]> {
    const lists = await inParallel(parents, this.#client.concurrency, async (parent) => {
      const records: WireRecord[] = [];
      for await (const page of this.#pages(path(idOf(parent)), pageSize, signal)) {
        for (const record of page) records.push(record);
      }
      return records.map((record) => ({ ...record, [parentField]: idOf(parent) }));
    });
    return lists.flat();
  }

  /** Each page but the last has to bring a record that none before it had: pages may lead back to each other. */
  async *#pages(path: string, size: number, signal: AbortSignal): AsyncGenerator<readonly WireRecord[]> {
    const prefix = await this.#client.prefix(signal);
    const known = new Set<string>();
    for (let token = ""; ; ) {
      const query = new URLSearchParams({ pageSize: String(size), orderBy: "ID", nextPageToken: token });
      const page = await this.#client.json(`${prefix}${path}?${query}`, signal);
      const items = itemsOf(page);
      yield items;
      const next = page.nextPageToken ?? "";
      if (next === "") return;
      const knownBefore = known.size;
      for (const item of items) known.add(idOf(item));
      if (typeof next !== "string" || known.size === knownBefore) {
        throw new TransferError(`${path}: its pages lead back to each other`);
      }
      token = next;
    }
  }
}

function itemsOf({ items }: WireRecord): readonly WireRecord[] {
  if (items === undefined || items === null) return [];
  if (Array.isArray(items) && items.every((item) => typeof item === "object" && item !== null)) return items;
  throw new TransferError("a list of the registry has no items; is it a model registry?");
}

function idOf({ id }: WireRecord): string {
  if (typeof id === "string" && /^[0-9]{1,19}$/.test(id)) return id;
  throw new TransferError(`a record of the registry has no numeric ID: ${JSON.stringify(id)?.slice(0, 80)}`);
}

function artifactOf(record: WireRecord): SourceRecord {
  const { artifactType } = record;
  const kind: KindName | undefined = typeof artifactType === "string" ? kindOfArtifactType(artifactType) : undefined;
  if (kind !== undefined) return { kind, record };
  const known = Object.values(kinds).flatMap((one) => one.artifactType ?? []);
  throw new TransferError(`artifact ${idOf(record)} is of an unknown type; known are ${known.join(", ")}`);
}
