import { onTestFinished } from "vitest";
import type { LocatedEntry, Source, SourceSnapshot } from "../../../src/registry/ports.ts";
import { RecordingSink } from "../../support/recording-sink.ts";
import { until } from "../../support/until.ts";

/** A source under test, and what it said. */
export interface StartedSource {
  readonly snapshots: readonly SourceSnapshot[];
  readonly troubles: readonly (string | undefined)[];
  /** What it holds now; fails when it has not said anything yet. */
  last(): SourceSnapshot;
  /** The entry of a model. */
  entry(name: string): LocatedEntry | undefined;
  /** The names of its models, sorted. */
  names(): string[];
  /** Waits until it holds just these models. */
  untilNames(...names: string[]): Promise<void>;
  /** What is wrong now. */
  trouble(): string | undefined;
  stop(): Promise<void>;
}

/** Starts a source, and stops it after the test. */
export function startSource(source: Source): StartedSource {
  const sink = new RecordingSink();
  const { snapshots, troubles } = sink;
  onTestFinished(() => source.stop());
  source.start(sink);
  const names = (): string[] =>
    snapshots
      .at(-1)
      ?.entries.map(({ entry }) => entry.name)
      .sort() ?? [];
  return {
    snapshots,
    troubles,
    names,
    last() {
      const snapshot = snapshots.at(-1);
      if (snapshot === undefined) throw new Error(`the source ${source.name} has not handed over anything`);
      return snapshot;
    },
    entry: (name) => snapshots.at(-1)?.entries.find(({ entry }) => entry.name === name),
    async untilNames(...wanted) {
      const text = wanted.sort().join();
      await until(() => snapshots.length > 0 && names().join() === text, `the models are ${text}`, 20_000);
    },
    trouble: () => troubles.at(-1),
    stop: () => source.stop(),
  };
}
