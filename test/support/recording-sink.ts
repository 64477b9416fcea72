import type { SourceSink, SourceSnapshot } from "../../src/registry/ports.ts";
import { SourceUpdate } from "../../src/registry/source-update.ts";

/** Takes what a source says, and keeps all that it held after each time. */
export class RecordingSink implements SourceSink {
  readonly snapshots: SourceSnapshot[] = [];
  readonly troubles: (string | undefined)[] = [];

  readonly onSnapshot: SourceSink["onSnapshot"] = (snapshot) => {
    this.snapshots.push(snapshot);
  };

  readonly onChanges: SourceSink["onChanges"] = (changes) => {
    const update = new SourceUpdate();
    update.replace(this.snapshots.at(-1)!);
    update.change(changes);
    update.handTo(this);
  };

  readonly onTrouble: SourceSink["onTrouble"] = (problem) => {
    this.troubles.push(problem);
  };
}
