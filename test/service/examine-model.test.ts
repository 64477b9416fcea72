import { createServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { Code, ConnectError } from "@connectrpc/connect";
import { describe, expect, it, onTestFinished } from "vitest";
import { ExaminationStep, StepOutcome } from "../../gen/kserve/registry/v1/examination_pb.ts";
import type { ExamineModelResponse } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { wordOf } from "../../src/cli/output/words.ts";
import { startService } from "../../src/compose/service.ts";
import { clientOf, type RegistryClient } from "../support/clients.ts";
import { ways } from "../support/ways.ts";

const streaming = ways.filter(({ get }) => !get);

/** A model server on the loopback. Answers its port. */
async function serve(listener: RequestListener): Promise<number> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

const well: RequestListener = (request, response) => {
  request.resume();
  request.on("end", () =>
    response.end(JSON.stringify(request.method === "GET" ? { ready: true } : { predictions: [0.5] })),
  );
};

/** A registry before one model, `disk`. */
async function registryBefore(port: number, env: Record<string, string> = {}): Promise<string> {
  const disk = {
    name: "disk",
    service: "disk",
    type: "anomaly",
    url: `http://127.0.0.1:${port}`,
    inputFeatures: [{ name: "iops", type: "number" }],
  };
  const other = { ...disk, name: "other" };
  const service = await startService({
    PORT: "0",
    HOST: "127.0.0.1",
    LOG_LEVEL: "silent",
    SHUTDOWN_GRACE: "1s",
    KSERVE_READINESS_INTERVAL: "0",
    KSERVE_MODEL_REGISTRY: JSON.stringify([disk, other]),
    ...env,
  });
  onTestFinished(() => service.stop());
  return service.url;
}

async function examine(client: RegistryClient, request = {}): Promise<ExamineModelResponse[]> {
  const found: ExamineModelResponse[] = [];
  for await (const step of client.examineModel({ name: "disk", ...request })) found.push(step);
  return found;
}

/** `dns ok`, as a person reads it. */
function inWords({ step, outcome }: ExamineModelResponse): string {
  return `${wordOf(ExaminationStep, step)} ${wordOf(StepOutcome, outcome)}`;
}

describe.each(streaming)("ExamineModel over $name", (way) => {
  it("sends every step of the way, from the name of the host to a prediction", async () => {
    const client = clientOf(way, await registryBefore(await serve(well)));
    const steps = await examine(client);
    expect(steps.map(inWords)).toEqual([
      ...["dns skipped", "connect ok", "tls skipped", "ready ok", "path ok", "predict ok"],
    ]);
    expect(steps.at(-1)?.detail).toMatch(/"iops".* gives \[0\.5\]/);
    expect(steps[1]?.duration?.seconds).toBe(0n);
  });
});

describe("ExamineModel", () => {
  const [way] = streaming as [(typeof streaming)[number]];

  it("says what to change where a step fails, tries none behind it, and names no address", async () => {
    const closed = createTcpServer();
    await new Promise<void>((resolve) => closed.listen(0, "127.0.0.1", resolve));
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const steps = await examine(clientOf(way, await registryBefore(port)));
    expect(steps.map(inWords)).toEqual([
      ...["dns skipped", "connect failed", "tls skipped", "ready skipped", "path skipped", "predict skipped"],
    ]);
    expect(steps[1]).toMatchObject({ detail: `port ${port}: the connection was refused` });
    expect(steps[1]?.hint).toMatch(/Is the model server up/);
    expect(steps[2]?.detail).toBe("not tried, because connect failed");
  });

  it("names no other model of a server", async () => {
    const port = await serve((request, response) => {
      response.statusCode = request.url === "/v1/models" ? 200 : 404;
      response.end(JSON.stringify({ models: ["secret-a", "secret-b"] }));
    });
    const steps = await examine(clientOf(way, await registryBefore(port)));
    expect(steps.map(inWords)).toContain("path failed");
    expect(steps.find(({ step }) => step === ExaminationStep.PATH)?.detail).toMatch(/it has 2 other models$/);
    expect(JSON.stringify(steps.map(({ detail, hint }) => [detail, hint]))).not.toContain("secret");
  });

  it.each([
    ["-1s", { seconds: -1n, nanos: 0 }],
    ["0s", { seconds: 0n, nanos: 0 }],
    ["31s", { seconds: 31n, nanos: 0 }],
  ])("refuses a step_timeout of %s", async (_, stepTimeout) => {
    const client = clientOf(way, await registryBefore(1));
    const error = await examine(client, { stepTimeout }).catch((thrown) => ConnectError.from(thrown));
    expect(error).toMatchObject({ code: Code.InvalidArgument, rawMessage: expect.stringMatching(/step_timeout.*30s/) });
  });

  it("ends a step at its time", async () => {
    const client = clientOf(way, await registryBefore(await serve(() => {})));
    const steps = await examine(client, { stepTimeout: { seconds: 0n, nanos: 200_000_000 } });
    expect(steps.map(inWords)).toContain("ready failed");
    expect(steps.find(({ step }) => step === ExaminationStep.READY)?.detail).toBe("no answer within 200ms");
  });

  it("examines a model once at a time, and no more models than KSERVE_MAX_EXAMINATIONS, until a caller leaves", async () => {
    const url = await registryBefore(await serve(() => {}), { KSERVE_MAX_EXAMINATIONS: "1" });
    const client = clientOf(way, url);
    const stepTimeout = { seconds: 1n, nanos: 0 };
    const leaving = new AbortController();
    const first = client
      .examineModel({ name: "disk", stepTimeout }, { signal: leaving.signal })
      [Symbol.asyncIterator]();
    await first.next();
    const again = await examine(client).catch((thrown) => ConnectError.from(thrown));
    expect(again).toMatchObject({ code: Code.ResourceExhausted, rawMessage: expect.stringMatching(/disk is being/) });
    const other = await examine(client, { name: "other" }).catch((thrown) => ConnectError.from(thrown));
    expect(other).toMatchObject({ code: Code.ResourceExhausted, rawMessage: expect.stringMatching(/1 models are/) });
    leaving.abort();
    await first.next().catch(() => {});
    await expect
      .poll(
        () =>
          examine(client, { stepTimeout }).then(
            (steps) => steps.length,
            () => 0,
          ),
        { timeout: 10_000 },
      )
      .toBe(6);
  });

  it("is not there for a model that is not registered", async () => {
    const client = clientOf(way, await registryBefore(1));
    const error = await examine(client, { name: "no-such" }).catch((thrown) => ConnectError.from(thrown));
    expect(error).toMatchObject({ code: Code.NotFound });
  });
});
