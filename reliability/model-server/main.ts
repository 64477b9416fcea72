/**
 * A KServe v1 model server on raw sockets: a port for each model, right answers at first, and the fault of each model
 * once it is asked to. Every execution is written to a file at once, so that it is known even when this process is killed.
 *
 *   node reliability/model-server/main.ts '{"models": ["healthy", "hang"], "executionsFile": "...", "port": 0}'
 */
import { openSync, writeSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { answerBytes, predictionBody } from "./answer.ts";
import { type Fault, type FaultName, faults } from "./faults.ts";
import { createRequestReader, type ModelRequest } from "./request-reader.ts";

/** How this program is started. */
export interface ModelServerOptions {
  /** A name of a fault gives a model with that fault; any other name a healthy model. */
  readonly models: readonly string[];
  /** A line for each execution: request id, model, `good` or `bad`. */
  readonly executionsFile?: string;
  /** How long good answers take, at most; each takes some part of it. Default: 0. */
  readonly delayMs?: number;
  /** The port of a single model. Default: a free one. */
  readonly port?: number;
}

const options = JSON.parse(process.argv[2]!) as ModelServerOptions;
const executions = options.executionsFile === undefined ? undefined : openSync(options.executionsFile, "a");
let faulty = false;

interface Model {
  readonly name: string;
  readonly fault: Fault | undefined;
  readonly server: Server;
  readonly sockets: Set<Socket>;
  port: number;
  turn: number;
}

function createModel(name: string): Model {
  const sockets = new Set<Socket>();
  const fault: Fault | undefined = name in faults ? faults[name as FaultName] : undefined;
  const model: Model = { name, fault, server: createServer(), sockets, port: options.port ?? 0, turn: 0 };
  model.server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    if (faulty && fault?.door === "reset") socket.resetAndDestroy();
    else
      socket.on(
        "data",
        createRequestReader((request) => execute(model, socket, request)),
      );
  });
  return model;
}

function execute(model: Model, socket: Socket, { method, requestId, body }: ModelRequest): void {
  if (method === "GET") {
    socket.write(answerBytes(200, JSON.stringify({ name: model.name, ready: true })));
    return;
  }
  const { fault } = model;
  const good = !faulty || fault?.act === undefined || model.turn++ % 4 < (fault.goodOfFour ?? 1);
  if (executions !== undefined) writeSync(executions, `${requestId} ${model.name} ${good ? "good" : "bad"}\n`);
  const answer = predictionBody(body);
  if (good && options.delayMs)
    setTimeout(() => socket.write(answerBytes(200, answer)), Math.random() * options.delayMs);
  else if (good) socket.write(answerBytes(200, answer));
  else fault!.act!(socket, answer, model.turn);
}

async function listen(model: Model): Promise<void> {
  await new Promise<void>((resolve) => model.server.listen(model.port, "127.0.0.1", resolve));
  model.port = (model.server.address() as AddressInfo).port;
}

/** Begins or ends all faults. Connections that a fault holds open are reset as it ends. */
async function setFaulty(value: boolean): Promise<void> {
  faulty = value;
  for (const model of models) {
    if (model.fault === undefined || (value && model.fault.door === undefined)) continue;
    for (const socket of model.sockets) socket.resetAndDestroy();
    if (model.fault.door !== "refuse") continue;
    if (value) model.server.close();
    else await listen(model);
  }
}

const models = options.models.map(createModel);
for (const model of models) await listen(model);
process.on("message", ({ faulty: value }: { faulty: boolean }) => {
  void setFaulty(value).then(() => process.send?.({ done: true }));
});
process.on("disconnect", () => process.exit());
console.log(JSON.stringify({ ports: Object.fromEntries(models.map(({ name, port }) => [name, port])) }));
