import { dirname, resolve } from "node:path";
import { problemText } from "../../base/field-reader.ts";
import { readPlainYaml } from "../../documents/yaml/plain-yaml.ts";
import { CatalogError } from "../catalog-error.ts";
import { BenchmarkedStates } from "../performance/benchmarked-states.ts";
import { findBenchmarks, readBenchmarks } from "../performance/read-benchmarks.ts";
import { type CatalogSnapshot, emptySnapshot, type SourceState, snapshotOf } from "../snapshot.ts";
import { textOf } from "./data-file.ts";
import { FilesWithin, UnusableFile } from "./files-within.ts";
import { type LocatedFile, type MergedConfig, mergeSources } from "./merge-sources.ts";
import { type Preview, previewSource } from "./preview.ts";
import { readSourcesFile } from "./read-sources-file.ts";
import { createFixedLoader, fixedState, type SourceLoader, stateWithout, YamlLoader } from "./source-loader.ts";
import type { SourceSpec } from "./source-spec.ts";

export interface CatalogOptions {
  /** The `sources.yaml` files, merged in this order. */
  readonly sourcesFiles: readonly string[];
  /** Folders with benchmarks. */
  readonly performanceDirs: readonly string[];
  /** Further folders that data files may lie in, besides those of the `sources.yaml` files. */
  readonly dataDirs: readonly string[];
  readonly maxFileBytes: number;
  /** How many entries one source may have. */
  readonly maxEntries: number;
  /** How often files are checked for changes. Default: 1 s. */
  readonly pollMs?: number;
  readonly log: CatalogLog;
  /** Sources of the Hugging Face API. Undefined: there are none. */
  readonly hf?: HfPort | undefined;
}

/** How sources of type `hf` are read. */
export interface HfPort {
  createLoader(spec: SourceSpec, before: SourceState | undefined): SourceLoader;
  /** Why a specification cannot be used, in words; undefined where it can. */
  problemOf(spec: SourceSpec): string | undefined;
  names(spec: SourceSpec, signal: AbortSignal): Promise<readonly string[]>;
}

export interface CatalogLog {
  info(message: string): void;
  warn(message: string): void;
}

/** `sources.yaml` files that cannot be used. Every problem is a line of the message. */
export class UnusableSources extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join("\n"));
    this.problems = problems;
  }
}

const defaultPollMs = 1000;
const maxPreviews = 2;

/**
 * The sources of the catalog. Reads their files again when they change, and replaces one snapshot by the next. While
 * something cannot be read, its last content stays in use.
 */
export class CatalogSources {
  readonly #options: CatalogOptions;
  readonly #files: FilesWithin;
  readonly #stopping = new AbortController();
  readonly #watchers = new Set<() => void>();
  #configSeen: string | undefined;
  #configProblem = "";
  #config: MergedConfig = { sources: [], labels: [], namedQueries: {}, problems: [] };
  #loaders: readonly SourceLoader[] = [];
  #benchmarks = new BenchmarkedStates(new Map());
  #benchmarksSeen = "";
  #snapshot: CatalogSnapshot = emptySnapshot;
  #isLoaded = false;
  #publishing: Promise<void> = Promise.resolve();
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #slow = new Set<SourceLoader>();
  #previews = 0;

  constructor(options: CatalogOptions) {
    this.#options = options;
    const folders = [...options.sourcesFiles.map((file) => dirname(resolve(file))), ...options.performanceDirs];
    this.#files = new FilesWithin([...folders, ...options.dataDirs], options.maxFileBytes);
  }

  /**
   * Reads the `sources.yaml` files, and begins to read the sources.
   *
   * @throws UnusableSources when the files cannot be used
   */
  async start(): Promise<void> {
    this.#configSeen = await this.#fingerprint();
    this.#take(await this.#readConfig());
    await this.#publish();
    this.#look();
  }

  /** Resolves when every local source has been read. */
  async settled(): Promise<void> {
    await this.#looking;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    clearTimeout(this.#timer);
    await this.#looking;
  }

  /** Whether every local source has been read once. */
  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  /** Why the current `sources.yaml` files are not in use; empty while they are. */
  get configurationProblem(): string {
    return this.#configProblem;
  }

  get snapshot(): CatalogSnapshot {
    return this.#snapshot;
  }

  /** Calls back after every change, until the function that it returns is called. */
  watch(onChange: () => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  /** @throws CatalogError INVALID_SOURCE, BUSY */
  async preview(config: string, data: Uint8Array<ArrayBuffer> | undefined, signal: AbortSignal): Promise<Preview> {
    if (this.#previews >= maxPreviews) {
      throw new CatalogError("BUSY", `${maxPreviews} previews are running; try again when one has finished`, {});
    }
    const { hf, maxEntries, sourcesFiles } = this.#options;
    const folder = dirname(resolve(sourcesFiles[0] ?? "."));
    this.#previews++;
    try {
      const ports = {
        readFile: (path: string, from: string) => this.#files.read(resolve(from, path)),
        hfNames: hf === undefined ? undefined : (spec: SourceSpec, left: AbortSignal) => hf.names(spec, left),
        folder,
        maxEntries,
      };
      return await previewSource(config, data, ports, signal);
    } finally {
      this.#previews--;
    }
  }

  #look(): void {
    this.#looking = this.#lookOnce()
      .catch((error: unknown) => this.#options.log.warn(`The catalog could not be read: ${(error as Error).message}`))
      .finally(() => {
        if (this.#stopping.signal.aborted) return;
        this.#timer = setTimeout(() => this.#look(), this.#options.pollMs ?? defaultPollMs).unref();
      });
  }

  async #lookOnce(): Promise<void> {
    let hasChanged = await this.#lookAtConfig();
    if (await this.#lookAtBenchmarks()) hasChanged = true;
    for (const loader of this.#loaders) {
      if (this.#stopping.signal.aborted) return;
      // Remote sources must not hold up files.
      if (loader.spec.type === "hf") this.#lookSlowly(loader);
      else if (await loader.look(this.#stopping.signal)) {
        hasChanged = true;
        this.#report(loader.state);
      }
    }
    if (hasChanged || !this.#isLoaded) await this.#publish();
    this.#isLoaded = true;
  }

  #lookSlowly(loader: SourceLoader): void {
    if (this.#slow.has(loader)) return;
    this.#slow.add(loader);
    void loader
      .look(this.#stopping.signal)
      .then(async (hasChanged) => {
        if (!hasChanged || !this.#loaders.includes(loader)) return;
        this.#report(loader.state);
        await this.#publish();
      })
      .catch((error: unknown) =>
        this.#options.log.warn(`The source ${loader.spec.id} failed: ${(error as Error).message}`),
      )
      .finally(() => this.#slow.delete(loader));
  }

  async #lookAtConfig(): Promise<boolean> {
    const seen = await this.#fingerprint();
    if (seen === this.#configSeen) return false;
    this.#configSeen = seen;
    try {
      this.#take(await this.#readConfig());
      this.#configProblem = "";
      return true;
    } catch (error) {
      if (!(error instanceof UnusableSources)) throw error;
      if (error.message !== this.#configProblem) {
        this.#options.log.warn(
          `The catalog keeps its sources, because the new ones are invalid: ${error.problems.join("; ")}`,
        );
      }
      this.#configProblem = error.message;
      return false;
    }
  }

  async #lookAtBenchmarks(): Promise<boolean> {
    const { performanceDirs, log } = this.#options;
    if (performanceDirs.length === 0) return false;
    const { folders, fingerprint } = await findBenchmarks(performanceDirs, this.#files);
    if (fingerprint === this.#benchmarksSeen) return false;
    const { byModel, problems } = await readBenchmarks(folders, this.#files);
    this.#benchmarks = new BenchmarkedStates(byModel);
    this.#benchmarksSeen = fingerprint;
    for (const problem of problems) log.warn(`Benchmarks: ${problem}`);
    return true;
  }

  async #fingerprint(): Promise<string> {
    const { sourcesFiles } = this.#options;
    const prints = sourcesFiles.map((file) =>
      this.#files.fingerprint(resolve(file)).catch((error: Error) => error.message),
    );
    return (await Promise.all(prints)).join(" ");
  }

  /** @throws UnusableSources */
  async #readConfig(): Promise<MergedConfig> {
    const problems: string[] = [];
    const files: LocatedFile[] = [];
    for (const path of this.#options.sourcesFiles) {
      try {
        const text = textOf(await this.#files.read(resolve(path)));
        const { value, problems: written, locate, positionOf } = readPlainYaml(text);
        problems.push(...written.map(({ offset, message }) => `${path}:${locate(offset).line}: ${message}`));
        const file = readSourcesFile(value);
        problems.push(
          ...file.problems.map((problem) => `${path}:${positionOf(problem.field).line}: ${problemText(problem)}`),
        );
        files.push({ file, folder: dirname(resolve(path)) });
      } catch (error) {
        if (error instanceof UnusableFile) problems.push(error.message);
        else problems.push(`${path}: ${(error as Error).message}`);
      }
    }
    const merged = mergeSources(files);
    problems.push(...merged.problems);
    if (problems.length > 0) throw new UnusableSources(problems);
    return merged;
  }

  /** Switches to another configuration. Unchanged sources continue. */
  #take(config: MergedConfig): void {
    const { hf, maxEntries } = this.#options;
    const before = new Map(this.#loaders.map((loader) => [loader.spec.id, loader]));
    const ports = { files: this.#files, maxEntries };
    this.#config = config;
    this.#loaders = config.sources.map((source): SourceLoader => {
      const { spec } = source;
      const known = before.get(spec.id);
      const fixed = fixedState(source, hf !== undefined);
      if (fixed !== undefined) return createFixedLoader(fixed);
      if (known !== undefined && JSON.stringify(known.spec) === JSON.stringify(spec)) return known;
      // The new patterns may exclude what the old ones included.
      const isSame = known !== undefined && known.spec.type === spec.type && known.spec.assetType === spec.assetType;
      const kept = isSame && samePatterns(known.spec, spec) ? known.state : undefined;
      if (spec.type !== "hf") return new YamlLoader(spec, ports, kept);
      const problem = hf!.problemOf(spec);
      if (problem !== undefined) return createFixedLoader(stateWithout(spec, "error", problem));
      return hf!.createLoader(spec, kept);
    });
    for (const { state } of this.#loaders) if (state.status === "error") this.#report(state);
  }

  #report({ spec, status, error, models, servers }: SourceState): void {
    const what = spec.assetType === "models" ? `${models.length} models` : `${servers.length} MCP servers`;
    if (error === "") this.#options.log.info(`Loaded ${what} of the catalog from ${spec.id}`);
    else this.#options.log.warn(`The catalog source ${spec.id} is ${status}, with ${what}: ${error}`);
  }

  /** Publishes a new snapshot, after those that are on their way. */
  #publish(): Promise<void> {
    const published = this.#publishing.then(async () => {
      const states: SourceState[] = [];
      for (const { state } of this.#loaders) states.push(await this.#benchmarks.stateOf(state));
      this.#snapshot = await snapshotOf(states, this.#config);
      for (const onChange of this.#watchers) onChange();
    });
    this.#publishing = published.catch(() => {});
    return published;
  }
}

function samePatterns(a: SourceSpec, b: SourceSpec): boolean {
  return JSON.stringify([a.included, a.excluded]) === JSON.stringify([b.included, b.excluded]);
}
