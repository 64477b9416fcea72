import type { InferenceServiceFacts, Source, SourceSnapshot } from "../../registry/ports.ts";

/**
 * Adds to a source what the cluster says of the InferenceServices that its entries may name. The facts are a help and
 * no more: a service that may not read them is well, and its entries have the usual addresses.
 *
 * @param services a source of nothing but facts
 */
export function withInferenceServices(source: Source, services: Source): Source {
  let snapshot: SourceSnapshot | undefined;
  let facts: readonly InferenceServiceFacts[] | undefined;
  let settled = false;
  return {
    kind: source.kind,
    name: source.name,
    cluster: source.cluster,
    start(sink) {
      // Not before it is known whether there are any: else each model would move from one address to another.
      const handOver = (): void => {
        if (snapshot === undefined || !settled) return;
        sink.onSnapshot(facts === undefined ? snapshot : { ...snapshot, inferenceServices: facts });
      };
      services.start({
        onSnapshot({ inferenceServices }) {
          facts = inferenceServices;
          settled = true;
          handOver();
        },
        onTrouble() {
          if (settled) return;
          settled = true;
          handOver();
        },
      });
      source.start({
        onSnapshot(given) {
          snapshot = given;
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
