import { describe, expect, it } from "vitest";
import { WatchEvent, type WatchModelsResponse } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { startChangingServer } from "../contract/changing-server.ts";
import { clientOf } from "../support/clients.ts";
import { predictWays } from "../support/predict-forms.ts";

const changes = 6000;

describe("a caller of WatchModels that does not read", () => {
  it.each(predictWays)(
    "gets all models afresh by $name",
    async (way) => {
      const server = await startChangingServer({ models: [{ name: "a" }] });
      const leaving = new AbortController();
      const events = clientOf(way, server.url).watchModels({}, { signal: leaving.signal })[Symbol.asyncIterator]();
      const next = async (): Promise<WatchModelsResponse> => (await events.next()).value as WatchModelsResponse;
      while ((await next()).event !== WatchEvent.SYNCED);

      const description = "x".repeat(4000);
      for (let i = 0; i < changes; i++) {
        server.apply([{ name: "a", description: `${i} ${description}` }]);
        // The server must get to writing what it can.
        if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
      }

      let resets = 0;
      let read = 0;
      for (let last = ""; !last.startsWith(`${changes - 1} `); read++) {
        const { event, model } = await next();
        if (event === WatchEvent.RESET) resets++;
        last = model?.description ?? "";
      }
      expect(resets).toBeGreaterThan(0);
      expect(read).toBeLessThan(changes);
      leaving.abort();
    },
    30_000,
  );
});
