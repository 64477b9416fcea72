import type { Source } from "../../registry/ports.ts";
import { factsKey, SourceUpdate } from "../../registry/source-update.ts";

/**
 * Adds to a source what the cluster says of the InferenceServices that its entries may name. The facts are a help and
 * no more: a service that may not read them is well, and its entries have the usual addresses.
 *
 * @param services a source of nothing but facts
 */
export function withInferenceServices(source: Source, services: Source): Source {
  const update = new SourceUpdate();
  let hasEntries = false;
  let settled = false;
  return {
    kind: source.kind,
    name: source.name,
    cluster: source.cluster,
    start(sink) {
      // Not before it is known whether there are any: else each model would move from one address to another.
      const handOver = (): void => {
        if (hasEntries && settled && !update.isEmpty) update.handTo(sink);
      };
      const settle = (): void => {
        settled = true;
        handOver();
      };
      services.start({
        onSnapshot({ inferenceServices = [] }) {
          for (const facts of inferenceServices) update.setFacts(factsKey(facts.namespace, facts.name), facts);
          settle();
        },
        onChanges(changes) {
          update.change(changes);
          handOver();
        },
        onTrouble: () => settle(),
      });
      source.start({
        onSnapshot({ entries, refused }) {
          const inferenceServices = [...update.inferenceServices.values()].filter((facts) => facts !== undefined);
          update.replace({ entries, refused, inferenceServices });
          hasEntries = true;
          handOver();
        },
        onChanges(changes) {
          update.change(changes);
          handOver();
        },
        onTrouble: (problem) => sink.onTrouble(problem),
      });
    },
    async stop() {
      await Promise.all([source.stop(), services.stop()]);
    },
  };
}
