import type { RegistryRecord, RegistryRecords } from "../../../src/controller/links/registry-records.ts";

/** A registry of versions that keeps records in memory: as much of one as links are written into. */
export class FakeRegistry implements RegistryRecords {
  /** By the path of their kind: `/inference_services`. */
  readonly #records = new Map<string, RegistryRecord[]>();
  #lastId = 0;
  /** Every call that may change something, in turn. */
  readonly writes: { readonly method: "POST" | "PATCH"; readonly path: string; readonly body: object }[] = [];
  /** Thrown by every call while it is set. */
  failure: Error | undefined;

  recordsOf(kind: string): readonly RegistryRecord[] {
    return this.#records.get(kind) ?? [];
  }

  async find(path: string): Promise<RegistryRecord | undefined> {
    this.#fail();
    const { pathname, searchParams } = new URL(path, "http://registry");
    const id = /^(\/inference_services)\/(\d+)$/.exec(pathname);
    if (id !== null) return this.recordsOf(id[1]!).find((record) => record.id === id[2]);
    const parent = searchParams.get("parentResourceId");
    return this.recordsOf(`${pathname}s`).find(
      ({ name, servingEnvironmentId }) =>
        name === searchParams.get("name") && (parent === null || parent === servingEnvironmentId),
    );
  }

  async list(path: string): Promise<readonly RegistryRecord[]> {
    this.#fail();
    return this.recordsOf(new URL(path, "http://registry").pathname);
  }

  async create(path: string, body: object): Promise<RegistryRecord> {
    this.#fail();
    this.writes.push({ method: "POST", path, body });
    const record = { ...body, id: String(++this.#lastId) };
    this.#records.set(path, [...this.recordsOf(path), record]);
    return record;
  }

  async patch(path: string, body: object): Promise<RegistryRecord | undefined> {
    this.#fail();
    this.writes.push({ method: "PATCH", path, body });
    const [, kind = "", id] = /^(\/\w+)\/(\d+)$/.exec(path) ?? [];
    const records = this.recordsOf(kind).map((record) => (record.id === id ? { ...record, ...body } : record));
    this.#records.set(kind, records);
    return records.find((record) => record.id === id);
  }

  #fail(): void {
    if (this.failure !== undefined) throw this.failure;
  }
}
