/** What the Helm chart gives its pods, tried on the built program and a real KServe server. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, describe, expect, inject, it, onTestFinished } from "vitest";
import { startBuiltProgram } from "../deploy/support/built-program.ts";
import { environmentOfPods, podsOf, render, type Values } from "../deploy/support/chart.ts";
import { get, postJson } from "./support/http.ts";
import { models } from "./support/models.ts";
import { projectDir } from "./support/paths.ts";

const kserveUrl = inject("kserveUrl");
const three = ["anomaly-detector", "disk-failure-predictor", "predictive-analytics"];

beforeAll(() => {
  execFileSync("bash", [join(projectDir, "test/deploy/install.sh")]);
  execFileSync(process.execPath, [join(projectDir, "scripts/build-once.ts")]);
}, 600_000);

describe("the variables that the chart renders", () => {
  const config = { KSERVE_URL_FORMAT: kserveUrl, KSERVE_READINESS_INTERVAL: "1s" };
  const entries = (models(kserveUrl) as { name: string }[]).filter(({ name }) => three.includes(name));
  const services = {
    anomaly_detector: "anomaly-detector-predictor",
    predictive_analytics: "predictive-analytics-predictor",
  };

  // The models' URLs name this KServe, which is none of the cluster's Services.
  const networkPolicy = { allowExternalEgress: true };
  it.each<[string, Values, string[]]>([
    ["a list of models", { config, networkPolicy, kserve: { models: entries } }, three],
    ["the older services", { config, coordinationEngine: { kserve: { services } } }, [three[0]!, three[2]!]],
  ])("for %s list them and get predictions from KServe", async (_, values, names) => {
    const pods = podsOf(await render(values));
    const program = await startBuiltProgram(pods.spec.containers[0]!.args, environmentOfPods(pods));
    onTestFinished(async () => void (await program.stop()));
    expect((await get(`${program.url}/v1/models`)).body).toBe(JSON.stringify({ models: names }));
    const rows = '{"instances": [[0.5, 1.2, 0.8]]}';
    for (const name of names) {
      const { status, body } = await postJson(`${program.url}/api/v1/models/${name}/predict`, rows);
      expect({ status, answer: JSON.parse(body) }).toEqual({
        status: 200,
        answer: { predictions: [expect.anything()] },
      });
    }
  });
});
