import { describe, expect, it } from "vitest";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { model, startRegistry } from "../support/running-service.ts";

const path = "/kserve.registry.v1.ModelRegistry/Predict";
const headers = { "content-type": "application/json" };

describe.each(httpVersions)("a number that no double holds, in Connect JSON over HTTP/%s", (version) => {
  it.each(
    [
      ['"instances":[[1,2],[9007199254740993,1e400]]', "instances[1][1]"],
      ['"instances":[{"cpu":[-1e999]}]', "instances[0].cpu[0]"],
      ['"instances":[1e400]', "instances[0]"],
      [`"instances":[[1${"0".repeat(400)}]]`, "instances[0][0]"],
      ['"instances":[[1]],"parameters":{"a":[1,1e400]}', "parameters.a[1]"],
    ].flatMap(([input, field]) => ["on", "off"].map((fastPath) => [input!.slice(0, 60), field!, fastPath, input!])),
  )("%s is refused at %s, the fast path %s", async (_title, field, fastPath, input) => {
    const { url, upstream } = await startRegistry({ env: { FAST_PATH: fastPath } });
    const answer = await send(version, { url, path, method: "POST", headers, body: `{"name":"${model}",${input}}` });
    expect(answer.status).toBe(400);
    expect(jsonOf(answer)).toMatchObject({
      code: "invalid_argument",
      message: `${field}: is not a finite number of at most 1.797e308, the largest double`,
    });
    const { details } = jsonOf(answer) as { details: { debug: object }[] };
    expect(details.at(-1)?.debug).toMatchObject({ fieldViolations: [{ field }] });
    expect(upstream.predictions).toEqual([]);
  });

  it("leaves its neighbours as they are when it is merely large", async () => {
    const { url, upstream } = await startRegistry();
    const body = `{"name":"${model}","instances":[[9007199254740993,1e300,1e-400]]}`;
    expect((await send(version, { url, path, method: "POST", headers, body })).status).toBe(200);
    expect(upstream.predictions[0]!.body.toString()).toBe('{"instances":[[9007199254740993,1e300,1e-400]]}');
  });
});
