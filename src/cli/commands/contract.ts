import { text } from "node:stream/consumers";
import { Code, ConnectError } from "@connectrpc/connect";
import { Command, Option } from "commander";
import { within } from "../../base/within.ts";
import { type ModelRef, refText } from "../../registry/model-key.ts";
import type { CliIo } from "../cli-io.ts";
import { failureOfCall, hints } from "../client/call-failure.ts";
import {
  addClientOptions,
  type ClientOptions,
  type RawClientOptions,
  readClientOptions,
} from "../client/client-options.ts";
import { createConnection } from "../client/connection.ts";
import { Failure } from "../failure.ts";
import { printable } from "../output/printable.ts";

/** The forms of a contract, as the server names them. */
const formats = ["proto", "json-schema", "openapi"] as const;

const help = `
FORM is one of
  proto         the model's typed gRPC service as a .proto file, from which any protobuf compiler generates a client
  json-schema   the request body of POST /api/v1/models/NAME/predict
  openapi       the same endpoint as an OpenAPI document

Examples:
  kserve-model-registry contract disk-failure-predictor > disk_failure_predictor.proto
  kserve-model-registry contract disk-failure-predictor --format openapi > disk-failure-predictor.json
  kserve-model-registry contract anomaly-detector -n team-b > anomaly_detector.proto

With -n the service has the namespace in its package, and refers to that model even if another one holds the name later.

Only a model that declares its inputFeatures has a contract.`;

interface RawContractOptions extends Omit<RawClientOptions, "output"> {
  readonly namespace?: string;
  readonly format: (typeof formats)[number];
}

/** Adds `contract NAME`: the typed contract of a model, to make clients from. */
export function addContract(program: Command, io: CliIo): void {
  const command = program
    .command("contract")
    .description("print the typed contract of a model: a .proto file, a JSON schema or an OpenAPI document")
    .argument("<name>", "the name of the model")
    .option(
      "-n, --namespace <name>",
      "its Kubernetes namespace, which the contract then includes (default: that of the model that holds the name)",
    )
    .addOption(new Option("--format <form>", "what to print").choices(formats).default("proto"));
  // All but --output: the result has a form of its own.
  for (const option of addClientOptions(new Command()).options) {
    if (option.long !== "--output") command.addOption(option);
  }
  command.addHelpText("after", help).action(async (name: string, raw: RawContractOptions) => {
    const options = readClientOptions({ ...raw, output: "table" }, io.env);
    io.stdout.write(await fetchContract({ name, namespace: raw.namespace ?? "" }, raw.format, options));
  });
}

/** @throws Failure in words for the user */
async function fetchContract(model: ModelRef, format: string, options: ClientOptions): Promise<string> {
  const path = `${modelPath(model)}/contract?format=${format}`;
  let answer: Answer;
  try {
    answer = await get(path, options);
  } catch (error) {
    throw failureOfCall(error, options);
  }
  if (answer.status === 200) return answer.body;
  throw new Failure(failureWords(model, answer, options));
}

function modelPath({ name, namespace = "" }: ModelRef): string {
  const place = namespace === "" ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/api/v1${place}/models/${encodeURIComponent(name)}`;
}

interface Answer {
  readonly status: number;
  /** Why it failed; every error of the service itself says it, and INVALID_REQUEST of a path that is not there. */
  readonly reason: string | undefined;
  readonly body: string;
}

/** A plain GET on a connection of its own: the same way, and the same failures, as the calls of other commands. */
async function get(path: string, { address, ca, tokenFile, timeoutMs }: ClientOptions): Promise<Answer> {
  const connection = createConnection(address, ca, tokenFile);
  const ask = async (): Promise<Answer> => {
    const stream = await connection.request("GET", new URL(address).pathname.replace(/\/$/, "") + path, {}, {});
    stream.end();
    const head = await new Promise<Record<string, unknown>>((resolve, reject) => {
      stream.once("response", resolve);
      stream.once("error", reject);
      stream.once("close", () => reject(new ConnectError("", Code.Aborted)));
    });
    const reason = head["x-error-reason"];
    return {
      status: Number(head[":status"]),
      reason: typeof reason === "string" ? reason : undefined,
      body: await text(stream),
    };
  };
  try {
    return await within(timeoutMs, ask(), () => new ConnectError("", Code.DeadlineExceeded));
  } finally {
    connection.close();
  }
}

function failureWords(model: ModelRef, { status, reason, body }: Answer, { address }: ClientOptions): string {
  if (reason === undefined || (status === 404 && reason === "INVALID_REQUEST")) {
    return [
      `The server at ${address} returned HTTP ${status}.`,
      "Check that --address is that of a kserve-model-registry no older than this program.",
    ].join("\n");
  }
  if (reason === "MODEL_NOT_FOUND") {
    return `No model is registered under the name ${printable(refText(model))}\n\`kserve-model-registry list\` shows the names.`;
  }
  const hint = hints[reason];
  return [
    printable(errorOf(body) ?? `The server answered ${status}: ${reason}`),
    ...(hint === undefined ? [] : [hint]),
  ].join("\n");
}

function errorOf(body: string): string | undefined {
  try {
    const { error } = JSON.parse(body) as { readonly error?: unknown };
    return typeof error === "string" ? error : undefined;
  } catch {
    // A gateway answers in its own form.
    return undefined;
  }
}
