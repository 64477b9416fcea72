import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { create, type DescMessage, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  GetModelRequestSchema,
  GetModelResponseSchema,
  ListModelsRequestSchema,
  ListModelsResponseSchema,
} from "../gen/kserve/registry/v1/model_registry_pb.ts";
import { paths } from "../measure/paths.ts";
import { cpuMs } from "../measure/proc-stat.ts";
import { median } from "../measure/stats.ts";
import type { Context, Finding } from "./context.ts";
import { framed, type WireRequest } from "./exchange.ts";
import { h2load } from "./h2load.ts";
import { bundleEntry, ours, peerNames } from "./peers.ts";
import { send } from "./send.ts";
import { type ServerProcess, startServer } from "./server-process.ts";

const pageSize = 100;
const sizes = [100, 10_000] as const;
const limit = 1.2;

function call<D extends DescMessage>(method: string, schema: D, message: MessageInitShape<D>): WireRequest {
  return {
    path: `/kserve.registry.v1.ModelRegistry/${method}`,
    headers: { "content-type": "application/grpc+proto", te: "trailers" },
    body: framed(toBinary(schema, create(schema, message))),
  };
}

const list = call("ListModels", ListModelsRequestSchema, { pageSize });
const get = call("GetModel", GetModelRequestSchema, { name: "model-50" });

/** The cost of a page of models, and of one model, among few and among many. */
export async function measureListModels(context: Context, rounds: number): Promise<Finding[]> {
  const servers: ServerProcess[] = [];
  for (const size of sizes) servers.push(await startWithModels(context, size));
  const micros = sizes.map(() => ({ list: [] as number[], get: [] as number[] }));
  // The first rounds warm up.
  for (let round = -2; round < rounds; round++) {
    for (const [i, server] of servers.entries()) {
      const listed = await cost(context, server, list, 2000);
      const got = await cost(context, server, get, 5000);
      if (round < 0) continue;
      micros[i]!.list.push(listed);
      micros[i]!.get.push(got);
    }
  }
  for (const server of servers) await server.stop();
  context.progress("ListModels and GetModel are measured");
  const [few, many] = micros.map((one) => ({ list: median(one.list), get: median(one.get) }));
  const ratio = many!.list / few!.list;
  const among = (count: number, value: number): string => `${value.toFixed(0)} µs among ${count.toLocaleString("en")}`;
  return [
    {
      what: "ListModels, page of 100, gRPC",
      server: peerNames.bundle,
      measured: `${among(sizes[0], few!.list)}, ${among(sizes[1], many!.list)}: ${ratio.toFixed(2)} ×`,
      target: `at most ${limit} ×`,
      met: ratio <= limit,
    },
    {
      what: "GetModel, gRPC",
      server: peerNames.bundle,
      measured: `${among(sizes[0], few!.get)}, ${among(sizes[1], many!.get)}`,
    },
  ];
}

/** Ten thousand entries do not fit into one variable (128 KiB), so each model has its own. */
async function startWithModels(context: Context, count: number): Promise<ServerProcess> {
  const command = await ours(`${peerNames.bundle}, ${count} models`, bundleEntry, [], context.upstream.port, {
    KSERVE_URL_FORMAT: `http://127.0.0.1:${context.upstream.port}`,
    // A check of each model every ten seconds would be most of what is measured.
    KSERVE_READINESS_INTERVAL: "0",
  });
  const { KSERVE_MODEL_REGISTRY: _, ...env } = command.env ?? {};
  const models = Array.from({ length: count }, (_, i) => [`KSERVE_MODEL_${i}_SERVICE`, "predictor"]);
  const server = await startServer({ ...command, env: { ...env, ...Object.fromEntries(models) } }, context.serverCore);
  const listed = fromBinary(ListModelsResponseSchema, (await send(server.ports.http2, 2, list)).body.subarray(5));
  if (listed.models.length !== pageSize || listed.totalSize !== count) {
    throw new Error(`ListModels: ${listed.models.length} of ${listed.totalSize} models`);
  }
  const got = fromBinary(GetModelResponseSchema, (await send(server.ports.http2, 2, get)).body.subarray(5));
  if (got.model?.name !== "model-50") throw new Error("GetModel: another model");
  return server;
}

async function cost(context: Context, server: ServerProcess, request: WireRequest, requests: number): Promise<number> {
  const bodyFile = join(paths.work, "read.bin");
  writeFileSync(bodyFile, request.body);
  const { path, headers } = request;
  const before = cpuMs(server.pid);
  const result = await h2load({
    ...{ core: context.loadCore, port: server.ports.http2, version: 2, path, headers, bodyFile },
    ...{ requests, connections: 8, streams: 4 },
  });
  if (result.failed > 0) throw new Error(`${path}: ${result.failed} of ${requests} requests failed`);
  return ((cpuMs(server.pid) - before) * 1000) / requests;
}
