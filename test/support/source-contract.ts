import { describe, expect, it, onTestFinished } from "vitest";
import type { Source, SourceSnapshot } from "../../src/registry/ports.ts";
import { RecordingSink } from "./recording-sink.ts";
import { until } from "./until.ts";

/** A source, and the hands that change what it reads. */
export interface SourceUnderTest {
  /** Not started yet. */
  readonly source: Source;
  /** Replaces all that it reads. A source that is read once has none of these. */
  readonly write?: (entries: readonly RawEntry[]) => Promise<void> | void;
  /** Makes what it reads unreadable, or unreachable, until the next `write`. */
  readonly spoil?: () => Promise<void> | void;
}

/** An entry as a document writes it. */
export type RawEntry = Readonly<Record<string, unknown>> & { readonly name: string };

/** What a source has said so far. */
interface Heard {
  readonly snapshots: SourceSnapshot[];
  readonly troubles: (string | undefined)[];
}

/** A good entry. */
function good(name: string, description = ""): RawEntry {
  return { name, service: `${name}-predictor`, type: "anomaly", description };
}

/** Has no type that there is. */
const bad: RawEntry = { ...good("bad"), type: "no-such-type" };

/**
 * What every source does alike. A source joins with a line; one that can change gives the hands to change it.
 *
 * @param open makes a source that reads these entries
 * @param namesakes whether it may hold one name for several namespaces in one list
 */
export function sourceContract(
  name: string,
  open: (entries: readonly RawEntry[]) => Promise<SourceUnderTest> | SourceUnderTest,
  { live, namesakes = false }: { readonly live: boolean; readonly namesakes?: boolean },
): void {
  async function start(entries: readonly RawEntry[]): Promise<SourceUnderTest & Heard> {
    const subject = await open(entries);
    const heard = new RecordingSink();
    subject.source.start(heard);
    onTestFinished(() => subject.source.stop());
    await until(() => heard.snapshots.length > 0, "the first snapshot comes");
    return { ...subject, snapshots: heard.snapshots, troubles: heard.troubles };
  }

  const held = ({ snapshots }: Heard): string[] =>
    snapshots
      .at(-1)!
      .entries.map(({ entry }) => [entry.name, entry.description].filter(Boolean).join(": "))
      .sort();
  const untilHeld = (subject: Heard, expected: readonly string[]): Promise<void> =>
    until(
      () => JSON.stringify(held(subject)) === JSON.stringify(expected),
      `${expected} are held, not ${held(subject)}`,
    );

  describe(`the source ${name}`, () => {
    it("hands over what it holds, and says where each entry stands", async () => {
      const subject = await start([good("a"), good("b")]);
      expect(held(subject)).toEqual(["a", "b"]);
      const locations = subject.snapshots[0]!.entries.map(({ location }) => location);
      expect(new Set(locations).size).toBe(2);
      expect(locations).not.toContain("");
      expect(subject.troubles.at(-1)).toBeUndefined();
    });

    if (namesakes) {
      it.each([2, 3])(
        "hands over %i entries of one name, each with its namespace and a place of its own",
        async (count) => {
          const namespaces = ["n1", "n2", "n3"].slice(0, count);
          const subject = await start(namespaces.map((namespace) => ({ ...good("a"), namespace })));
          const { entries, refused } = subject.snapshots.at(-1)!;
          expect(refused).toEqual([]);
          expect(entries.map(({ entry }) => `${entry.namespace}/${entry.name}`)).toEqual(
            namespaces.map((namespace) => `${namespace}/a`),
          );
          expect(new Set(entries.map(({ location }) => location)).size).toBe(count);
          await subject.write?.([{ ...good("a"), namespace: "n2" }]);
          if (live)
            await until(
              () =>
                subject.snapshots
                  .at(-1)!
                  .entries.map(({ entry }) => entry.namespace)
                  .join() === "n2",
              "n2 is left",
            );
        },
      );
    }

    it("says nothing more once it is stopped", async () => {
      const subject = await start([good("a")]);
      await subject.source.stop();
      const { length } = subject.snapshots;
      await subject.write?.([good("b")]);
      await subject.source.stop();
      expect(subject.snapshots).toHaveLength(length);
    });

    it("can be stopped before it has started", async () => {
      const { source } = await open([good("a")]);
      await source.stop();
    });

    if (!live) return;

    it("follows entries that come, change and go", async () => {
      const subject = await start([good("a"), good("b")]);
      await subject.write!([good("a", "new"), good("c")]);
      await untilHeld(subject, ["a: new", "c"]);
      await subject.write!([good("c")]);
      await untilHeld(subject, ["c"]);
      await subject.write!([]);
      await untilHeld(subject, []);
    });

    it("leaves a bad entry out, names it with its problems, and holds the others", async () => {
      const subject = await start([good("a"), bad, good("c")]);
      await untilHeld(subject, ["a", "c"]);
      expect(subject.snapshots.at(-1)!.refused).toEqual([
        {
          name: "bad",
          location: expect.stringMatching(/./),
          problems: [expect.objectContaining({ message: expect.stringContaining("no-such-type") })],
        },
      ]);
      await subject.write!([good("a"), good("c"), { ...bad, type: "anomaly" }]);
      await untilHeld(subject, ["a", "bad", "c"]);
      expect(subject.snapshots.at(-1)!.refused).toEqual([]);
    });

    it("keeps what it held while nothing can be read, says why, and recovers", async () => {
      const subject = await start([good("a")]);
      await subject.spoil!();
      await until(() => subject.troubles.at(-1) !== undefined, "the trouble is reported");
      expect(held(subject)).toEqual(["a"]);
      await subject.write!([good("a"), good("b")]);
      await untilHeld(subject, ["a", "b"]);
      await until(() => subject.troubles.at(-1) === undefined, "the trouble is over");
    });
  });
}
