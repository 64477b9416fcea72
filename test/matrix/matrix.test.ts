import { describe, expect, it } from "vitest";
import { ModelRegistry } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { type ErrorReason, errorReasons } from "../../src/registry/registry-error.ts";
import { clientOf } from "../support/clients.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { hang } from "../support/fake-upstream.ts";
import { secretOfFault, startFaultyServer } from "../support/faulty-server.ts";
import { noteRpcMethods } from "../support/request-methods.ts";
import {
  model,
  type RunningService,
  type ServiceOptions,
  sharedRegistry,
  startRegistry,
} from "../support/running-service.ts";
import { until } from "../support/until.ts";
import { ways } from "../support/ways.ts";
import { abandonedCall, type ErrorRow, errorRows, shownApart } from "./error-rows.ts";
import { evaluating, evaluationErrorRows, firingService, modelReasons, predictionReasons } from "./evaluation-rows.ts";
import { successRows, twoModels } from "./success-rows.ts";

const rowsByReason = Object.entries(errorRows) as [ErrorReason, ErrorRow][];

describe("the matrix", () => {
  it("has a row for every reason, or a test of its own", () => {
    expect([...rowsByReason.map(([reason]) => reason), ...shownApart].sort()).toEqual([...errorReasons].sort());
  });

  it("has a row for every RPC", () => {
    expect(new Set(successRows.map(({ rpc }) => rpc))).toEqual(new Set(Object.keys(ModelRegistry.method)));
  });
});

const titledRows = successRows.map((row) => ({
  ...row,
  title: row.variant === undefined ? row.rpc : `${row.rpc}(${row.variant})`,
}));

const paths = ways.flatMap((way) => ["on", "off"].map((fastPath) => ({ way, fastPath, name: way.name })));

describe.each(paths)("$name, the fast path $fastPath", ({ way, fastPath, name }) => {
  const succeeding = titledRows.filter(({ read }) => read || !way.get);
  const failing = rowsByReason.filter(([, { read }]) => read || !way.get);
  const withPath = (options: ServiceOptions = {}): ServiceOptions => ({
    ...options,
    env: { ...options.env, FAST_PATH: fastPath },
  });
  const ofTwoModels = sharedRegistry(() => withPath({ models: twoModels }));
  const ofOneModel = sharedRegistry(() => withPath());
  const firing = sharedRegistry(() => withPath(firingService()));
  /** The service of a row: one of its own where it says with what, else one that knows nothing of other rows. */
  const serviceOf = async (
    { service, upstream }: Pick<ErrorRow, "service" | "upstream">,
    shared = ofOneModel,
  ): Promise<RunningService> => {
    const started = service === undefined ? shared() : await startRegistry(withPath(service));
    started.upstream.forget();
    if (upstream !== undefined) started.upstream.onPredict(model, upstream);
    return started;
  };

  it.each(succeeding)(`${name}/$title`, async ({ check, read }) => {
    const service = await serviceOf({}, ofTwoModels);
    const methods = noteRpcMethods();
    await check(clientOf(way, service.url), service);
    expect([...methods]).toEqual([way.get && read ? "GET" : "POST"]);
  });

  it.each(failing)(`${name}/%s`, async (_reason, row) => {
    const service = await serviceOf(row);
    const error = await errorOf(row.call({ way, client: clientOf(way, service.url), service }));
    expect(partsOf(error)).toEqual(row.parts);
    expect(error.rawMessage).not.toContain("127.0.0.1");
  });

  // What follows is never sent by GET.
  if (way.get) return;

  it.each(predictionReasons)(`${name}/evaluateModel/%s`, async (reason) => {
    const row = errorRows[reason];
    const service = await serviceOf(row);
    const error = await errorOf(row.call({ way, client: evaluating(clientOf(way, service.url)), service }));
    expect(partsOf(error)).toEqual(row.parts);
  });

  it.each(evaluationErrorRows)(`${name}/$title`, async ({ service, call, parts }) => {
    const { url } = await serviceOf({ ...(service && { service }) });
    expect(partsOf(await errorOf(call(clientOf(way, url))))).toEqual(parts);
  });

  it.each(modelReasons)(`${name}/evaluateTriggers/%s`, async (reason) => {
    const { service: own, ...row } = errorRows[reason];
    const service = await serviceOf({ ...row, ...(own && { service: firingService(own) }) }, firing);
    const { models } = await clientOf(way, service.url).evaluateTriggers({ samples: { cpu: 97 } });
    expect(models).toMatchObject([
      { modelName: model, triggers: [{ trigger: { metric: "cpu" } }], outcome: { case: "failure", value: { reason } } },
    ]);
    expect(JSON.stringify(models[0]?.outcome.value)).not.toContain("127.0.0.1");
  });

  it(`${name}/CALLER_LEFT`, async () => {
    const { url, upstream, log } = await startRegistry(withPath());
    upstream.onPredict(model, hang());
    const caller = new AbortController();
    const call = clientOf(way, url).predict(abandonedCall, { signal: caller.signal });
    await until(() => upstream.predictions.length > 0);
    caller.abort();
    expect(partsOf(await errorOf(call))).toEqual({ code: "Canceled" });
    await until(() => log.calls().length > 0);
    expect(log.calls()[0]).toMatchObject({ level: "info", reason: "CALLER_LEFT", outcome: "canceled", model });
  });
});

// A server with a fault closes its sockets before others do.
describe.each(paths)("$name, the fast path $fastPath", ({ way, fastPath, name }) => {
  it(`${name}/INTERNAL`, async () => {
    const { url, log } = await startFaultyServer(fastPath === "on");
    const error = await errorOf(clientOf(way, url).getModel({ name: model }));
    expect(partsOf(error)).toEqual({
      code: "Internal",
      reason: "INTERNAL",
      domain: "kserve-model-registry",
      metadata: {},
    });
    expect(error.rawMessage).not.toContain(secretOfFault);
    await until(() => log.calls().length > 0);
    expect(log.calls()[0]).toMatchObject({ level: "warn", reason: "INTERNAL", outcome: "internal" });
    expect(log.calls()[0]?.cause).toContain(secretOfFault);
  });
});
