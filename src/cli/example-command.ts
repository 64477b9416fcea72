import type { GetModelResponse } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { defaultAddress } from "./client/address.ts";
import type { ClientOptions } from "./client/client-options.ts";

/** A row of a model that declares no features: nobody here knows how wide it must be. */
const anyRow = [0.5, 1.2, 0.8];

/** A command that gets a prediction from a model of a server, ready to paste into a shell. */
export function exampleCommand(
  { model, exampleRequest }: Pick<GetModelResponse, "model" | "exampleRequest">,
  { address, caFile, tokenFile }: Pick<ClientOptions, "address" | "caFile" | "tokenFile">,
): string {
  return [
    "kserve-model-registry predict",
    model?.name ?? "",
    // Its name alone means another model.
    ...(model === undefined || model.holdsName ? [] : ["-n", shellWord(model.namespace)]),
    shellQuoted(exampleRequest === "" ? rowOfNumbers(model?.inputFeatures.length ?? 0) : exampleRequest),
    // The variable may not be set where the command is pasted.
    ...(address === defaultAddress ? [] : ["--address", shellWord(address)]),
    ...(caFile === undefined ? [] : ["--ca-file", shellWord(caFile)]),
    ...(tokenFile === undefined ? [] : ["--token-file", shellWord(tokenFile)]),
  ].join(" ");
}

function rowOfNumbers(width: number): string {
  return JSON.stringify([width === 0 ? anyRow : new Array(width).fill(1)]);
}

function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : shellQuoted(text);
}
