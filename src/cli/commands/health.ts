import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import type { Command } from "commander";
import {
  Health,
  HealthCheckResponseSchema,
  HealthCheckResponse_ServingStatus as Status,
} from "../../../gen/grpc/health/v1/health_pb.ts";
import type { Env } from "../../config/config.ts";
import type { CliIo } from "../cli-io.ts";
import { addressVariable } from "../client/address.ts";
import { failureOfCall, hints } from "../client/call-failure.ts";
import { addClientOptions, type RawClientOptions, readClientOptions } from "../client/client-options.ts";
import { createConnection } from "../client/connection.ts";
import { Failure } from "../failure.ts";
import { jsonText, messageJson } from "../output/json.ts";
import { printable } from "../output/printable.ts";
import { wordOf } from "../output/words.ts";

const help = `
Examples:
  kserve-model-registry health
  kserve-model-registry health anomaly-detector
  HEALTHCHECK CMD ["node", "kserve-model-registry.js", "health"]      in a Dockerfile

It calls grpc.health.v1.Health, and needs no shell, no curl and no extra port. Without an address it uses PORT, like the
server, so it finds the server in its own container.

Exit status: 0 if it is serving, 1 if it is not serving, does not answer, or is unknown.`;

/** Adds `health [NAME]`: whether the server, or one model, serves; made for probes. */
export function addHealth(program: Command, io: CliIo): void {
  const command = program
    .command("health")
    .description("check whether the server, or one model, is serving; for container health checks")
    .argument("[name]", "the name of a model (default: the server itself)");
  addClientOptions(command)
    .addHelpText("after", help)
    .action(async (name = "", raw: RawClientOptions) => {
      const own = ownAddress(raw, io.env);
      const options = readClientOptions(own === undefined ? raw : { ...raw, address: own }, io.env);
      // The certificate of the own server is for the names that callers use, not for loopback.
      const connection = createConnection(options.address, own === undefined ? options.ca : "any", options.tokenFile);
      const transport = createGrpcTransport({ baseUrl: options.address, sessionManager: connection });
      const answer = await createClient(Health, transport)
        .check({ service: name }, { timeoutMs: options.timeoutMs })
        .catch((error: unknown) => {
          throw isUnknown(error) ? unknownModel(name) : failureOfCall(error, options);
        })
        .finally(() => connection.close());
      const what = name === "" ? "The server" : name;
      if (options.output === "json")
        io.stdout.write(jsonText(messageJson(HealthCheckResponseSchema, answer), "indented"));
      if (answer.status !== Status.SERVING)
        throw new Failure(`${what} is ${wordOf(Status, answer.status) || "unknown"}`);
      if (options.output === "table") io.stdout.write(`${what} is serving\n`);
    });
}

/** Health services give this code to names that they do not know, and no details. */
function isUnknown(error: unknown): boolean {
  return ConnectError.from(error).code === Code.NotFound;
}

function unknownModel(name: string): Failure {
  return new Failure(`No model is registered under the name ${printable(name)}\n${hints.MODEL_NOT_FOUND}`);
}

/** The server of this container: its own port, where nothing else says where a server is. */
function ownAddress(raw: RawClientOptions, env: Env): string | undefined {
  if (raw.address !== undefined || env[addressVariable] || !/^\d+$/.test(env.PORT ?? "")) return undefined;
  return `${env.TLS_CERT_FILE ? "https" : "http"}://127.0.0.1:${env.PORT}`;
}
