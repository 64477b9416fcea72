import type { Command } from "commander";
import { GetModelResponseSchema } from "../../../gen/kserve/registry/v1/model_registry_pb.ts";
import type { CliIo } from "../cli-io.ts";
import { withClient } from "../client/client.ts";
import { writeAnswer } from "../client/client-options.ts";
import { exampleCommand } from "../example-command.ts";
import { describeModel } from "../output/describe-model.ts";
import { resultText } from "../output/json.ts";

const help = `
Examples:
  kserve-model-registry get anomaly-detector
  kserve-model-registry get anomaly-detector -o json | jq -r '.address.url + .address.predictPath'

It shows where predictions go and why, where the entry came from and which entries it shadows, whether the model is
ready, and its inputs and outputs. The JSON output is a GetModelResponse.`;

/** Adds `get NAME`: one model in full. */
export function addGet(program: Command, io: CliIo): void {
  const command = program
    .command("get")
    .description("describe one model: its entry, address, readiness, features and triggers")
    .argument("<name>", "the name of the model")
    .option("-n, --namespace <name>", "its Kubernetes namespace (default: that of the model that holds the name)");
  writeAnswer(command, io, help, async (options, name: string, raw: { readonly namespace?: string }) => {
    const request = { name, namespace: raw.namespace ?? "" };
    const detail = await withClient(options, (client) => client.getModel(request));
    const text = () => describeModel(detail, exampleCommand(detail, options));
    return resultText(options.output, GetModelResponseSchema, detail, text);
  });
}
