import { toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import { bodyOf, clientOf, rows } from "./clients.ts";
import { type HttpVersion, send } from "./http-client.ts";
import { model } from "./running-service.ts";
import { type Way, ways } from "./ways.ts";

/** A protocol by its name. */
export function wayNamed(name: string): Way {
  const found = ways.find((way) => way.name === name);
  if (found === undefined) throw new Error(`there is no way called ${name}`);
  return found;
}

/** The ways that predictions go: all but GET. */
export const predictWays = ways.filter(({ get }) => !get);

/** Predicts `count` rows and gives the answer as JSON values, for the form `instances`. */
export async function predictInstances(url: string, count: number, way = wayNamed("grpc/2")): Promise<unknown> {
  const { output } = await clientOf(way, url).predict(rows(model, ...numbered(count)));
  return toJson(ValueSchema, output.value as never);
}

/** Predicts `count` rows and gives the shape and the values of the answer, for the form `tensor`. */
export async function predictTensor(url: string, count: number, way = wayNamed("grpc/2")): Promise<unknown> {
  const value = { shape: [count], values: numbered(count).flat() };
  const { output } = await clientOf(way, url).predict({ name: model, input: { case: "tensor", value } });
  const { shape, values } = output.value as { shape: number[]; values: number[] };
  return { shape, values };
}

/** Predicts by a KServe v1 body and gives that of the answer. */
export async function predictBody(url: string, body: string, way = wayNamed("grpc/2")): Promise<string> {
  const { output } = await clientOf(way, url).predict(bodyOf(model, body));
  return Buffer.from(output.value as Uint8Array).toString();
}

/** Predicts over REST and gives the body of the answer. */
export async function predictRest(url: string, body: string, version: HttpVersion = "1.1"): Promise<string> {
  return (await send(version, { url, path: `/v1/models/${model}:predict`, body })).body;
}

/** A KServe v1 body with `count` rows. */
export function bodyWith(count: number): string {
  return JSON.stringify({ instances: numbered(count) });
}

function numbered(count: number): number[][] {
  return Array.from({ length: count }, (_, i) => [i]);
}
