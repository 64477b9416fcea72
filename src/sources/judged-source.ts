import type { EntryProblem } from "../base/field-reader.ts";
import type { LocatedEntry, RefusedEntry, Source, SourceItem } from "../registry/ports.ts";
import { isLocated } from "../registry/source-update.ts";
import { misplacedFiles, type TrustRules, untrustedFields } from "../registry/trust.ts";

/** A source whose entries say only what their place allows; others are refused. */
export function judgedSource(source: Source, rules: TrustRules): Source {
  const judge = (item: SourceItem): SourceItem => (isLocated(item) ? judged(item, source, rules) : item);
  return {
    kind: source.kind,
    name: source.name,
    cluster: source.cluster,
    start(sink) {
      source.start({
        onSnapshot({ entries, refused, inferenceServices }) {
          const items = entries.map(judge);
          sink.onSnapshot({
            entries: items.filter(isLocated),
            refused: [...refused, ...items.filter((item): item is RefusedEntry => !isLocated(item))],
            ...(inferenceServices === undefined ? {} : { inferenceServices }),
          });
        },
        onChanges({ items, inferenceServices }) {
          const now = new Map([...items].map(([location, item]) => [location, item && judge(item)]));
          sink.onChanges({ items: now, inferenceServices });
        },
        onTrouble: (problem) => sink.onTrouble(problem),
      });
    },
    stop: () => source.stop(),
  };
}

function judged(located: LocatedEntry, { kind, cluster }: Source, rules: TrustRules): SourceItem {
  const untrusted = untrustedFields(located, cluster, rules);
  const problems = [...untrusted, ...misplacedFiles(located.entry, rules)];
  if (problems.length === 0) return located;
  const fieldOf = ({ field, message }: EntryProblem): EntryProblem => ({
    field: kind === "model-registration" ? `spec.${field}` : field,
    message,
  });
  return {
    name: located.entry.name,
    location: located.location,
    ...(located.tenant === undefined ? {} : { tenant: located.tenant }),
    problems: problems.map(fieldOf),
    ...(untrusted.length > 0 ? { untrusted: true } : {}),
  };
}
