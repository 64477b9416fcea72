import { type Command, Option } from "commander";
import { parseDurationMs } from "../../base/duration.ts";
import { ConfigError, type Env } from "../../config/config.ts";
import type { Step } from "../../doctor/examination.ts";
import type { CliIo } from "../cli-io.ts";
import { addOptionalServer, type RawOptionalServer, readOptionalServer } from "../client/client-options.ts";
import type { AskedModels, ExaminedModel } from "../client/examine-through-server.ts";
import { Failure, usageFailure } from "../failure.ts";
import { jsonText } from "../output/json.ts";
import { printable } from "../output/printable.ts";
import { count } from "../output/words.ts";

const help = `
It reads the models as serve would, from the same environment variables, and follows the path of a prediction to each:
  dns       the host name resolves
  connect   the port accepts connections
  tls       both sides accept each other's certificates, for https
  ready     GET /v1/models/MODEL says that the model is ready
  path      the server knows the model under this name
  predict   an example of the declared features gets a prediction
  version   for a model linked to a registered version: it exists, is live, and agrees with the entry
A failed step is shown with what to change.

Service names resolve only inside their cluster, so run it where the registry runs. With --address, a running server
examines its own models from where it is.

Examples:
  kserve-model-registry doctor
  kserve-model-registry doctor disk-failure-predictor -o json
  kserve-model-registry doctor anomaly-detector -n team-b
  kserve-model-registry doctor --address registry.example:8080
  kubectl exec deployment/kserve-model-registry -- /nodejs/bin/node /app/kserve-model-registry.js doctor

Exit status: 0 if every model can be called, 1 if one cannot, 2 for a usage error.`;

interface RawDoctorOptions extends RawOptionalServer {
  readonly output: "table" | "json";
  readonly timeout: string;
  readonly namespace?: string;
}

/** Adds `doctor [NAME]`: finds out why a model cannot be called. */
export function addDoctor(program: Command, io: CliIo): void {
  const command = program
    .command("doctor")
    .description("find out why a model cannot be called, and what to change")
    .argument("[name]", "the model; default: all")
    .option("-n, --namespace <name>", "only models of this Kubernetes namespace")
    .addOption(new Option("-o, --output <format>", "how to print").choices(["table", "json"]).default("table"))
    .option("--timeout <duration>", "how long each step may take", "5s");
  addOptionalServer(command, "make the server there examine its models (default: examine this environment's from here)")
    .addHelpText("after", help)
    .action(async (name: string | undefined, { output, timeout, namespace, ...server }: RawDoctorOptions) => {
      const timeoutMs = parseDurationMs(timeout);
      if (timeoutMs === undefined || timeoutMs <= 0) {
        throw usageFailure(`--timeout ${timeout}: expected a duration such as 5s or 500ms`);
      }
      const asked = { name, namespace };
      const all: ExaminedModel[] = [];
      for await (const examined of examinedModels(io.env, asked, timeoutMs, server)) {
        all.push(examined);
        if (output === "table") io.stdout.write(examinationText(examined));
      }
      if (output === "json") io.stdout.write(jsonText({ models: all.map(examinationJson) }, "indented"));
      if (all.length === 0 && (name !== undefined || namespace !== undefined)) throw new Failure(noneWords(asked));
      const ill = all.filter(({ healthy }) => !healthy).length;
      if (ill > 0) throw new Failure(`${ill} of ${count(all.length, "model")} cannot be called`);
      if (output === "table") io.stdout.write(`${count(all.length, "model")}, all can be called\n`);
    });
}

/** @throws Failure */
async function* examinedModels(
  env: Env,
  asked: AskedModels,
  timeoutMs: number,
  server: RawOptionalServer,
): AsyncGenerator<ExaminedModel> {
  const options = readOptionalServer(server, timeoutMs, env);
  if (options === undefined) {
    yield* examinedHere(env, asked, timeoutMs);
    return;
  }
  // Only here: without an address nothing of a client is needed.
  const { createRegistryClient } = await import("../client/client.ts");
  const { examineThroughServer } = await import("../client/examine-through-server.ts");
  const { failureOfCall } = await import("../client/call-failure.ts");
  const { client, close } = createRegistryClient(options);
  try {
    yield* examineThroughServer(client, asked, timeoutMs);
  } catch (error) {
    throw failureOfCall(error, options);
  } finally {
    close();
  }
}

async function* examinedHere(env: Env, asked: AskedModels, timeoutMs: number): AsyncGenerator<ExaminedModel> {
  // Only here: most commands do without all that calls models.
  const { examineModels } = await import("../../compose/doctor.ts");
  try {
    for await (const { model, healthy, steps } of examineModels(env, { ...asked, timeoutMs })) {
      const { name, namespace, source, location } = model;
      yield { name, namespace, url: model.address.url, source, location, healthy, steps };
    }
  } catch (error) {
    if (error instanceof ConfigError) throw new Failure(`the models cannot be read. ${error.message}`);
    throw new Failure(`the models cannot be read: ${(error as Error).message}`);
  }
}

function noneWords({ name, namespace }: AskedModels): string {
  const where = namespace === undefined ? "" : ` in namespace ${namespace}`;
  return name === undefined
    ? `no model is registered${where}`
    : `no model is registered under the name ${name}${where}`;
}

const stepWidth = 8;
const outcomeWidth = 8;
const timeWidth = 10;

function examinationText({ name: model, url, location, steps }: ExaminedModel): string {
  const lines = steps.flatMap(({ name, outcome, ms, detail, hint }: Step) => {
    const word = outcome === "failed" ? "FAILED" : outcome;
    const time = outcome === "skipped" ? "" : `${ms} ms`;
    const head = `  ${name.padEnd(stepWidth)}${word.padEnd(outcomeWidth)}${time.padStart(timeWidth)}  `;
    return [
      `${head}${printable(detail)}`.trimEnd(),
      ...(hint === undefined ? [] : [`${" ".repeat(head.length)}-> ${printable(hint)}`]),
    ];
  });
  return `${printable(model)}   ${printable(url)}   ${printable(location)}\n${lines.join("\n")}\n\n`;
}

function examinationJson({ steps, ...model }: ExaminedModel) {
  return { ...model, steps: steps.map((step) => ({ ...step })) };
}
