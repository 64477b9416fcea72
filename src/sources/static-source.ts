import type { SourceKind } from "../registry/model.ts";
import type { LocatedEntry, Source } from "../registry/ports.ts";

/** A source whose entries were read at start and stay as they are. */
export function createStaticSource(kind: SourceKind, entries: readonly LocatedEntry[]): Source {
  return {
    kind,
    name: kind,
    cluster: "",
    start: (sink) => sink.onSnapshot({ entries, refused: [] }),
    stop: async () => {},
  };
}
