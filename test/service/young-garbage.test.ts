/** Collections of all garbage hold up the event loop for tens of milliseconds; large bodies must not need them. */
import { Agent, request } from "node:http";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ServiceProcess, startServiceProcess } from "../../measure/service-process.ts";
import { type FakeUpstream, startFakeUpstream } from "../support/fake-upstream.ts";
import { send } from "../support/http-client.ts";
import { environmentOf, model } from "../support/running-service.ts";

const bytes = 200 * 1024;
const calls = 10;
const path = `/v1/models/${model}:predict`;

const probe = fileURLToPath(new URL("../support/collect-young.ts", import.meta.url));
const bodyWith = (ending: string): string => `{"instances":[[1${" ".repeat(bytes)},2]${ending}`;

describe("the body of a call is freed by a collection of young garbage", () => {
  let upstream: FakeUpstream;
  let service: ServiceProcess;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  beforeAll(async () => {
    upstream = await startFakeUpstream();
    const flags = ["--expose-gc", `--import=${probe}`];
    service = await startServiceProcess(environmentOf([{ name: model }], upstream.url), { flags });
  });
  afterAll(async () => {
    agent.destroy();
    await service.stop();
    await upstream.close();
  });

  /** The status of a call on a connection that stays open. */
  const sendKept = (body: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const sent = request(service.url, { path, method: "POST", agent }, (response) => {
        response.resume().on("end", () => resolve(response.statusCode));
      });
      sent.on("error", reject).end(body);
    });
  const ways = {
    "HTTP/1.1, on a connection of its own": async (body: string) =>
      (await send("1.1", { url: service.url, path, body })).status,
    "HTTP/1.1, on one that stays open": sendKept,
    "HTTP/2": async (body: string) => (await send("2", { url: service.url, path, body })).status,
  };

  it.each(
    Object.entries(ways).flatMap(([way, call]) => [
      { way, call, ending: "]}", status: 200 },
      { way, call, ending: "}", status: 400 },
    ]),
  )("of one over $way, answered with $status", async ({ call, ending, status }) => {
    const body = bodyWith(ending);
    const buffersAfterCall = async (): Promise<number> => {
      expect(await call(body)).toBe(status);
      return (await service.ask({})).buffers!;
    };
    // What V8 has noted of functions in the first calls it keeps for longer.
    for (let i = 0; i < calls; i++) expect(await call(body)).toBe(status);
    const before = await buffersAfterCall();
    let after = 0;
    for (let i = 0; i < calls; i++) after = await buffersAfterCall();
    expect(after - before).toBeLessThan((calls * bytes) / 4);
  });
});
