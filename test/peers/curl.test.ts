/** curl against REST, the facade, Connect JSON and the probes, over HTTP/1.1 and HTTP/2 without an upgrade. */
import { describe, expect, inject, it } from "vitest";
import { service } from "./support/requests.ts";
import { output } from "./support/run.ts";

const url = inject("registryUrl");
const row = '{"instances": [[0.5, 1.2, 0.8]]}';

/** Runs curl; the last line that it writes is the HTTP version, the status and the content type. */
async function curl(...args: string[]) {
  const format = "\n%{http_version} %{http_code} %{content_type}";
  const lines = (await output("curl", ["--silent", "--show-error", "--write-out", format, ...args])).split("\n");
  const [version, status, ...contentType] = lines.pop()!.split(" ");
  return { version, status: Number(status), contentType: contentType.join(" "), body: lines.join("\n") };
}

describe.each([
  ["1.1", "--http1.1"],
  ["2", "--http2-prior-knowledge"],
])("curl over HTTP/%s", (version, flag) => {
  const over = (...args: string[]) => curl(flag, ...args);

  it.each([
    ["/livez", 200],
    ["/readyz", 200],
    ["/readyz/health", 200],
    ["/readyz/isDirty", 200],
    ["/metrics", 200],
    ["/openapi.json", 200],
    ["/no/such/page", 404],
  ])("%s is %d", async (path, status) => {
    expect(await over(url + path)).toMatchObject({ version, status });
  });

  it("lists and gets models", async () => {
    const { body } = await over(`${url}/api/v1/models`);
    expect(JSON.parse(body).models.length).toBeGreaterThanOrEqual(3);
    const one = await over(`${url}/api/v1/models/disk-failure-predictor`);
    expect(JSON.parse(one.body)).toMatchObject({ namespace: "storage-monitoring", type: "classification" });
  });

  it("predicts from -d alone, which curl sends as a form", async () => {
    for (const path of ["/api/v1/models/anomaly-detector/predict", "/v1/models/anomaly-detector:predict"]) {
      expect(await over("--data", row, url + path)).toEqual({
        version,
        status: 200,
        contentType: "application/json",
        body: '{"predictions":[-1]}',
      });
    }
  });

  it("predicts with a JSON content type and its charset", async () => {
    const header = "content-type: application/json; charset=utf-8";
    const answer = await over("--header", header, "--data", row, `${url}/api/v1/models/anomaly-detector/predict`);
    expect(answer).toMatchObject({ status: 200, body: '{"predictions":[-1]}' });
  });

  it("calls the RPC by Connect JSON, and the reads by GET", async () => {
    const request = '{"name": "anomaly-detector", "instances": [[0.5, 1.2, 0.8]]}';
    const json = "content-type: application/json";
    const answer = await over("--header", json, "--data", request, `${url}/${service}/Predict`);
    expect(answer).toMatchObject({ version, status: 200 });
    expect(JSON.parse(answer.body)).toEqual({ predictions: [-1], modelName: "anomaly-detector" });
    const query = `encoding=json&message=${encodeURIComponent('{"name":"echo"}')}`;
    const got = await over(`${url}/${service}/GetModel?connect=v1&${query}`);
    expect(JSON.parse(got.body).model).toMatchObject({ name: "echo" });
  });

  it("says what is wrong", async () => {
    const path = `${url}/api/v1/models/disk-failure-predictor/predict`;
    const answer = await over("--data", '{"instances": [[95, 5000]]}', path);
    expect(answer).toMatchObject({ status: 400, contentType: "application/json" });
    expect(JSON.parse(answer.body).error).toContain("instances[0]");
  });

  it("uploads a body of some megabytes", async () => {
    const big = `{"instances": [${Array.from({ length: 200_000 }, (_, i) => i + 0.123_456_789).join(",")}]}`;
    const path = `${url}/api/v1/models/echo/predict`;
    const body = await output("curl", [flag, "--silent", "--data-binary", "@-", path], { stdin: big });
    expect(JSON.parse(body).predictions).toHaveLength(200_000);
  });

  it("learns that a body is too large, and can go on", async () => {
    const big = `{"instances": ["${"x".repeat(17 * 1024 * 1024)}"]}`;
    const path = `${url}/api/v1/models/echo/predict`;
    const args = [flag, "--silent", "--write-out", "\n%{http_code}", "--data-binary", "@-", path];
    const answer = await output("curl", args, { stdin: big });
    expect(answer).toMatch(/16777216 bytes.*413$/s);
    expect((await over("--data", row, `${url}/api/v1/models/anomaly-detector/predict`)).status).toBe(200);
  });
});

it("curl moves on to HTTP/1.1 where it offers an upgrade to HTTP/2", async () => {
  expect(await curl("--http2", `${url}/livez`)).toMatchObject({ status: 200, version: "1.1" });
});
