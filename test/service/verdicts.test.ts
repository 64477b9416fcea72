import { expect, it } from "vitest";
import { predict } from "../support/fake-upstream.ts";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { model, startRegistry } from "../support/running-service.ts";

it.each(httpVersions)(
  "a verdict speaks of a threshold where the entry has one alone, over HTTP/%s",
  async (version) => {
    const { url, upstream } = await startRegistry({
      models: [{ name: model }, { name: "with-threshold", outputFormat: { threshold: 0.5 } }],
    });
    for (const name of [model, "with-threshold"]) upstream.onPredict(name, predict([0.25]));
    const verdictOf = async (name: string): Promise<object> => {
      const path = `/api/v1/models/${name}/evaluate`;
      const answer = await send(version, { url, path, method: "POST", body: '{"instances":[[1]]}' });
      return (jsonOf(answer) as { verdicts: [object] }).verdicts[0];
    };
    expect(await verdictOf(model)).toEqual({ prediction: 0.25, value: 0.25, remediationActions: [] });
    expect(await verdictOf("with-threshold")).toMatchObject({ threshold: 0.5, thresholdCrossed: false });
  },
);
