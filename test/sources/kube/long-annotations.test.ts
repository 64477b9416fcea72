import { expect, it } from "vitest";
import { createKubeClient } from "../../../src/kube/kube-client.ts";
import { createInferenceServiceSource } from "../../../src/sources/kube/inference-service.ts";
import { type StartedSource, startSource } from "../../kube/support/started-source.ts";
import { until } from "../../support/until.ts";
import { type FakeApiServer, list, object, startFakeApiServer, stayOpen } from "./fake-api-server.ts";

/** More than is read where predictions are. */
const features = (count: number): string => `[${Array.from({ length: count }, (_, i) => `{name: f${i}}`).join()}]`;

function discovered(name: string, version: string, text: string): Record<string, unknown> {
  const { metadata } = object(name, version) as { metadata: object };
  return { metadata: { ...metadata, annotations: { "kserve-model-registry/features": text } } };
}

function watch({ access }: FakeApiServer): StartedSource {
  return startSource(
    createInferenceServiceSource({
      client: createKubeClient(access),
      cluster: "",
      trusts: () => true,
      namespaces: [],
      selector: () => true,
    }),
  );
}

const featureCount = (source: StartedSource, name: string): number | undefined =>
  source.entry(name)?.entry.inputFeatures.length;

it("a model whose annotation takes long to read is not missing from what is handed over at first", async () => {
  const api = await startFakeApiServer();
  api.onList(list([discovered("long", "1", features(40)), discovered("short", "1", "a, b")]));
  const source = watch(api);
  await until(() => source.snapshots.length > 0, "the models are handed over", 20_000);
  expect(source.snapshots[0]!.entries.map(({ entry }) => entry.name).sort()).toEqual(["long", "short"]);
  expect([featureCount(source, "long"), featureCount(source, "short")]).toEqual([40, 2]);
});

it("a model is as it was until its new annotation is read, and one that goes meanwhile is gone", async () => {
  const api = await startFakeApiServer();
  api.onList(list([discovered("changes", "1", "a, b"), discovered("goes", "1", "a")]));
  api.onWatch(
    stayOpen(
      { type: "MODIFIED", object: discovered("changes", "11", features(40)) },
      { type: "MODIFIED", object: discovered("goes", "12", features(50)) },
      { type: "DELETED", object: discovered("goes", "13", features(50)) },
      { type: "ADDED", object: discovered("last", "14", "a") },
    ),
  );
  const source = watch(api);
  await source.untilNames("changes", "last");
  await until(() => featureCount(source, "changes") === 40, "the annotation is read", 20_000);
  const names = source.snapshots.flatMap(({ entries }) => [
    entries
      .map(({ entry }) => entry.name)
      .sort()
      .join(),
  ]);
  expect(names.every((held) => held.includes("changes"))).toBe(true);
  expect(source.snapshots.every((held) => held.entries.every(({ entry }) => entry.inputFeatures.length !== 50))).toBe(
    true,
  );
  expect(source.names()).toEqual(["changes", "last"]);
});

it("what is wrong with a long list is said of its model", async () => {
  const api = await startFakeApiServer();
  api.onList(list([discovered("wrong", "1", `${features(40).slice(0, -1)}, {name: }`)]));
  const source = watch(api);
  await until(() => source.snapshots.length > 0, "the models are handed over", 20_000);
  expect(source.last().refused).toEqual([
    {
      name: "wrong",
      location: "InferenceService default/wrong",
      problems: [{ field: "kserve-model-registry/features", message: expect.stringContaining("or a YAML list") }],
    },
  ]);
});
