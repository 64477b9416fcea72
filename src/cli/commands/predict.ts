import { toJson } from "@bufbuild/protobuf";
import { ValueSchema } from "@bufbuild/protobuf/wkt";
import type { Command } from "commander";
import { type PredictResponse, PredictResponseSchema } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import type { UpstreamRequest } from "../../../gen/kserve/registry/v1/prediction_pb.ts";
import type { CliIo } from "../cli-io.ts";
import { withClient } from "../client/client.ts";
import { type OutputForm, writeAnswer } from "../client/client-options.ts";
import { jsonText, messageJson } from "../output/json.ts";
import { predictionsTable, readModelJson } from "../output/predictions-table.ts";
import { printable } from "../output/printable.ts";
import { readInstances } from "../read-instances.ts";

const help = `
INSTANCES, the file or standard input contain JSON in one of two formats:
  a list, one item per row        [[0.5,1.2,0.8]], or [{"cpu":0.5}] for a model that declares its features. Numbers are
                                  doubles. With -o json the output is a PredictResponse.
  a complete KServe v1 request    {"instances":[...]}, with any further keys. It is sent unchanged, so numbers keep
                                  every digit and NaN is allowed. With -o json the model's response is printed
                                  unchanged.
With -o json, both have the key "predictions".

Examples:
  kserve-model-registry predict anomaly-detector '[[0.5,1.2,0.8]]'
  kserve-model-registry predict anomaly-detector '{"instances":[[0.5,1.2,0.8]]}' -o json | jq .predictions
  kserve-model-registry predict anomaly-detector -f rows.json
  echo '[[0.5,1.2,0.8],[9,9,9]]' | kserve-model-registry predict anomaly-detector
  kserve-model-registry predict anomaly-detector '[[0.5,1.2,0.8]]' --validate-only`;

interface RawPredictOptions {
  readonly namespace?: string;
  readonly file?: string;
  readonly validateOnly?: boolean;
  readonly waitForReady?: boolean;
}

/** Adds `predict NAME [INSTANCES]`: predictions from a model. */
export function addPredict(program: Command, io: CliIo): void {
  const command = program
    .command("predict")
    .description("get predictions from a model")
    .argument("<name>", "the name of the model")
    .option("-n, --namespace <name>", "its Kubernetes namespace (default: that of the model that holds the name)")
    .argument("[instances]", "the rows, as JSON (default: standard input, unless --file is given)")
    .option("-f, --file <path>", "read the rows from a file; - is standard input")
    .option("--wait-for-ready", "if the model is not ready, wait for it up to --timeout instead of failing")
    .option("--validate-only", "validate only: print the request to the model without sending it");
  writeAnswer(
    command,
    io,
    help,
    async (options, name: string, argument: string | undefined, raw: RawPredictOptions) => {
      const input = await readInstances(argument, raw.file, io.stdin);
      const { validateOnly = false, waitForReady = false } = raw;
      const request = { name, namespace: raw.namespace ?? "", input, validateOnly, waitForReady };
      const response = await withClient(options, (client) => client.predict(request));
      return resultText(response, options.output);
    },
  );
}

function resultText(response: PredictResponse, form: OutputForm): string | Uint8Array {
  const { output, upstreamRequest } = response;
  if (form === "json") {
    // Like the request, the answer of the model is not touched.
    if (output.case === "body") return Buffer.concat([output.value, Buffer.from("\n")]);
    return jsonText(messageJson(PredictResponseSchema, response), "line");
  }
  if (upstreamRequest !== undefined) return upstreamText(upstreamRequest);
  return predictionsTable(predictionsOf(response));
}

function upstreamText({ method, url, protocol, body }: UpstreamRequest): string {
  const text = new TextDecoder().decode(body);
  return `${printable(`${method} ${url} (${protocol})`)}\n\n${text}\n`;
}

function predictionsOf({ output }: PredictResponse): unknown {
  if (output.case === "predictions") return toJson(ValueSchema, output.value);
  if (output.case !== "body") return undefined;
  return (readModelJson(new TextDecoder().decode(output.value)) as { predictions?: unknown }).predictions;
}
