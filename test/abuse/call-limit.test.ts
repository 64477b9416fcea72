import { expect, it } from "vitest";
import { endHeaders, frameTypes, http2Frame } from "../support/http2-frames.ts";
import { openHttp2, type RawHttp2, requestBlock } from "../support/raw-http2.ts";
import { until } from "../support/until.ts";
import { abusedService, expectNormalCall } from "./abused-service.ts";

const maxCalls = 20;
const abused = abusedService({ env: { MAX_CALLS: `${maxCalls}` } });

const refusedStream = 7;
const head = requestBlock("POST", "/kserve.registry.v1.ModelRegistry/Predict", [["content-type", "application/grpc"]]);

/** Begins calls whose bodies never come. Gives how many of them are refused, once as many are as expected. */
async function hold(connection: RawHttp2, calls: number, expected: number): Promise<number[]> {
  const streams = Array.from({ length: calls }, (_, i) => 2 * i + 1);
  for (const stream of streams) connection.write(http2Frame(frameTypes.headers, endHeaders, stream, head));
  const refused = (): number[] => streams.filter((stream) => connection.resetOf(stream) !== undefined);
  await until(() => refused().length >= expected, `${expected} calls are refused; so far ${refused().length}`);
  for (const stream of refused()) expect(connection.resetOf(stream)).toBe(refusedStream);
  return refused();
}

it("beyond half of MAX_CALLS a connection has its share, others get in, and a call that has ended makes room", async () => {
  const [first, second] = [await openHttp2(abused.service.port), await openHttp2(abused.service.port)];
  // Alone, half of all is its share.
  expect(await hold(first, 30, 20)).toHaveLength(20);
  // Of two, each may have half of that half.
  expect(await hold(second, 30, 25)).toHaveLength(25);
  // Who has nothing under way gets in, by either version.
  await expectNormalCall(abused.service.url, "1.1");
  await expectNormalCall(abused.service.url, "2");
  second.destroy();
  const third = await openHttp2(abused.service.port);
  expect(await hold(third, 5, 0)).toHaveLength(0);
  for (const connection of [first, third]) connection.destroy();
});
