import { isAbsolute, join } from "node:path";
import { yieldIfBusy } from "../../base/yield-if-busy.ts";
import type { CatalogEntry, CatalogModel, McpServer } from "../entries/entry.ts";
import { Interner } from "../entries/intern-entry.ts";
import { keyOfEntry } from "../entries/read-entry.ts";
import type { SourceState, SourceStatus } from "../snapshot.ts";
import { UnreadableDataFile } from "./data-file.ts";
import { type FilesWithin, UnusableFile } from "./files-within.ts";
import type { CheckedSource } from "./merge-sources.ts";
import { readData } from "./read-data.ts";
import type { SourceSpec } from "./source-spec.ts";

/** How many refused entries the status of a source names. */
const maxNamed = 5;

/** A source that can be read repeatedly, and keeps its last content while it cannot be read. */
export interface SourceLoader {
  readonly spec: SourceSpec;
  readonly state: SourceState;
  /** Checks for changes and reads them. True when the state has changed. */
  look(signal: AbortSignal): Promise<boolean>;
}

/** What loaders need. */
export interface LoaderPorts {
  readonly files: FilesWithin;
  readonly maxEntries: number;
}

/** The state of a source that has read nothing. */
export function stateWithout(spec: SourceSpec, status: SourceStatus | undefined, error = ""): SourceState {
  return { spec, status, error, models: [], servers: [] };
}

/** The state of a source that could not be read, with its last content, if any. */
export function failedState(before: SourceState, error: string): SourceState {
  const hasEntries = before.models.length > 0 || before.servers.length > 0;
  return { ...before, status: hasEntries ? "partially-available" : "error", error };
}

/** The state of a source that cannot be read, whatever its files contain; undefined where it can. */
export function fixedState({ spec, problem }: CheckedSource, hasHf: boolean): SourceState | undefined {
  if (!spec.enabled) return stateWithout(spec, "disabled");
  if (problem !== undefined) return stateWithout(spec, "error", problem);
  const { type, assetType } = spec;
  if (type === undefined) return stateWithout(spec, "error", "source has no type defined");
  if (assetType === "mcp_servers" && type !== "yaml") {
    return stateWithout(spec, "error", `unknown MCP provider type: ${type}`);
  }
  if (type !== "yaml" && !(type === "hf" && hasHf)) {
    return stateWithout(spec, "error", `catalog type "${type}" not registered`);
  }
  if (type === "yaml" && spec.properties.yamlCatalogPath === undefined) {
    return stateWithout(spec, "error", "properties.yamlCatalogPath: missing; expected the path of a data file");
  }
  return undefined;
}

/** A source that is not read: it is disabled, or has a problem. */
export function createFixedLoader(state: SourceState): SourceLoader {
  return { spec: state.spec, state, look: async () => false };
}

/** A source of type `yaml`: one data file. */
export class YamlLoader implements SourceLoader {
  readonly spec: SourceSpec;
  readonly #ports: LoaderPorts;
  readonly #path: string;
  #state: SourceState;
  #seen: string | undefined;
  /** The entries that were read last, by the digest of their text. */
  #entries: ReadonlyMap<string, CatalogEntry> = new Map();

  /** @param before what the source had under its previous configuration */
  constructor(spec: SourceSpec, ports: LoaderPorts, before?: SourceState) {
    this.spec = spec;
    this.#ports = ports;
    const path = spec.properties.yamlCatalogPath!;
    this.#path = isAbsolute(path) ? path : join(spec.folder, path);
    this.#state = { ...stateWithout(spec, undefined), ...before, spec };
  }

  get state(): SourceState {
    return this.#state;
  }

  async look(signal: AbortSignal): Promise<boolean> {
    const { files } = this.#ports;
    let seen: string | undefined;
    try {
      seen = await files.fingerprint(this.#path);
      if (seen === this.#seen) return false;
      const state = await this.#read(await files.read(this.#path), signal);
      // It was written to while it was read, so the content may be incomplete, and is read again.
      this.#seen = (await files.fingerprint(this.#path)) === seen ? seen : undefined;
      this.#state = state;
    } catch (error) {
      const known = error instanceof UnusableFile || error instanceof UnreadableDataFile;
      if (!known) throw error;
      // A file that cannot be opened is tried again; one whose content is wrong only once it is another.
      this.#seen = error instanceof UnreadableDataFile ? seen : undefined;
      const message = `failed to read yamlCatalogPath file: ${error.message}`;
      if (message === this.#state.error) return false;
      this.#state = failedState(this.#state, message);
    }
    return true;
  }

  async #read(bytes: Uint8Array<ArrayBuffer>, signal: AbortSignal): Promise<SourceState> {
    const { spec } = this;
    const { assetType, id, included, excluded } = spec;
    const task = { assetType, sourceId: id, included, excluded, maxEntries: this.#ports.maxEntries };
    const known = Array.from(this.#entries, ([digest, entry]) => ({ digest, key: keyOfEntry(entry) }));
    const entries: CatalogEntry[] = [];
    const byDigest = new Map<string, CatalogEntry>();
    const refused: string[] = [];
    const interner = new Interner();
    for await (const items of readData(bytes, task, "source", known)) {
      if (signal.aborted) throw new UnreadableDataFile("the server is stopping");
      for (const item of items) {
        if (item.is === "refused") refused.push(item.why);
        else if (item.is !== "excluded") {
          const entry = item.is === "known" ? this.#entries.get(item.digest)! : interner.intern(item.entry);
          entries.push(entry);
          if (item.digest !== "") byDigest.set(item.digest, entry);
        }
      }
      await yieldIfBusy();
    }
    this.#entries = byDigest;
    const models = assetType === "models" ? (entries as CatalogModel[]) : [];
    const servers = assetType === "models" ? [] : (entries as McpServer[]);
    const read = { spec, models, servers };
    if (refused.length === 0) return { ...read, status: "available", error: "" };
    const what = assetType === "models" ? "model(s)" : "MCP server(s)";
    const more = refused.length > maxNamed ? `; and ${refused.length - maxNamed} more` : "";
    const error = `Failed to load ${refused.length} ${what}: ${refused.slice(0, maxNamed).join("; ")}${more}`;
    return { ...read, status: models.length + servers.length > 0 ? "partially-available" : "error", error };
  }
}
