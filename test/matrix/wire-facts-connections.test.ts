import { describe, expect, it } from "vitest";
import { errorOf, partsOf } from "../support/error-details.ts";
import {
  answer,
  type Behaviour,
  dropAlways,
  headAlone,
  inTurn,
  predict,
  reset,
  resetWithinBody,
} from "../support/fake-upstream.ts";
import { predictInstances } from "../support/predict-forms.ts";
import { model, startRegistry } from "../support/running-service.ts";

describe("a connection to a model server", () => {
  it("serves one prediction after the other", async () => {
    const { url, upstream } = await startRegistry();
    for (let i = 0; i < 3; i++) await predictInstances(url, 1);
    expect([upstream.predictions.length, upstream.connections()]).toEqual([3, 1]);
  });

  it("that the server closes after it has failed is not used again", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, inTurn(answer(500, { error: "X" }), predict([1])));
    await errorOf(predictInstances(url, 1));
    expect(await predictInstances(url, 1)).toEqual([1]);
    expect([upstream.predictions.length, upstream.connections()]).toEqual([2, 2]);
  });

  it("that is reused and reset once the request is sent is not replaced: the model may have begun", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, inTurn(predict([1]), reset()));
    await predictInstances(url, 1);
    expect(partsOf(await errorOf(predictInstances(url, 1)))).toMatchObject({
      reason: "MODEL_UNREACHABLE",
      failure: { attempts: 1 },
    });
    expect([upstream.predictions.length, upstream.connections()]).toEqual([2, 1]);
  });

  it("that is closed while fresh is not replaced", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, dropAlways());
    expect(partsOf(await errorOf(predictInstances(url, 1)))).toMatchObject({
      code: "Unavailable",
      reason: "MODEL_UNREACHABLE",
      retryMs: 1000,
      failure: { attempts: 1 },
    });
    expect(upstream.connections()).toBe(1);
  });

  it("that is reset while the model works is not replaced", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, reset());
    expect(partsOf(await errorOf(predictInstances(url, 1)))).toMatchObject({
      reason: "MODEL_UNREACHABLE",
      failure: { attempts: 1 },
    });
    expect([upstream.predictions.length, upstream.connections()]).toEqual([1, 1]);
  });

  it("that was reused and breaks within an answer is not replaced", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, inTurn(predict([1]), resetWithinBody()));
    await predictInstances(url, 1);
    expect(partsOf(await errorOf(predictInstances(url, 1)))).toMatchObject({
      reason: "MODEL_UNREACHABLE",
      failure: { attempts: 1 },
    });
    expect([upstream.predictions.length, upstream.connections()]).toEqual([2, 1]);
  });
});

describe("a failing model server", () => {
  it.each<[number, Behaviour]>([
    [500, answer(500, { error: "X" })],
    [501, answer(501, { error: "X" })],
    [502, answer(502, "bad gateway")],
    [503, answer(503, { error: "X" }, { "retry-after": "0" })],
    [504, answer(504, "timeout")],
  ])("that answers %i is asked once", async (status, behaviour) => {
    const { url, upstream } = await startRegistry();
    await predictInstances(url, 1);
    upstream.onPredict(model, behaviour);
    expect(partsOf(await errorOf(predictInstances(url, 1)))).toMatchObject({
      failure: { upstreamStatus: status, attempts: 1 },
    });
    expect(upstream.predictions).toHaveLength(2);
  });

  it("that sends a head and no body is left at the time limit", async () => {
    const { url, upstream } = await startRegistry({ env: { KSERVE_TIMEOUT: "1s" } });
    upstream.onPredict(model, headAlone());
    expect(partsOf(await errorOf(predictInstances(url, 1)))).toMatchObject({
      code: "DeadlineExceeded",
      reason: "MODEL_TIMEOUT",
    });
  });
});
