import type { Command } from "commander";
import { Option } from "commander";
import { parseDurationMs } from "../../base/duration.ts";
import { ConfigError } from "../../config/config.ts";
import type { Examination, Step } from "../../doctor/examination.ts";
import type { CliIo } from "../cli-io.ts";
import { Failure, usageFailure } from "../failure.ts";
import { jsonText } from "../output/json.ts";
import { printable } from "../output/printable.ts";
import { count } from "../output/words.ts";

const help = `
It reads the models as serve would, from the same environment variables, and goes the way of a prediction to each:
  dns       the name of the host is known
  connect   the port answers
  tls       the certificates are good on both sides, for https
  ready     GET /v1/models/MODEL says that the model is ready
  path      the server knows the model under this name
  predict   an example of the declared features gets a prediction
A step that fails comes with what to change.

Names of Services are known inside their cluster only, so run it where the registry runs.

Examples:
  kserve-model-registry doctor
  kserve-model-registry doctor disk-failure-predictor -o json
  kubectl exec deployment/kserve-model-registry -- /nodejs/bin/node /app/kserve-model-registry.js doctor

Exit status: 0 when every model is well, 1 when one is not, 2 for wrong usage.`;

interface RawDoctorOptions {
  readonly output: "table" | "json";
  readonly timeout: string;
}

/** Adds `doctor [NAME]`: finds out why a model cannot be called. */
export function addDoctor(program: Command, io: CliIo): void {
  program
    .command("doctor")
    .description("find out why a model cannot be called, and what to change")
    .argument("[name]", "the model; default: all")
    .addOption(new Option("-o, --output <format>", "how to print").choices(["table", "json"]).default("table"))
    .option("--timeout <duration>", "how long each step may take", "5s")
    .addHelpText("after", help)
    .action(async (name: string | undefined, { output, timeout }: RawDoctorOptions) => {
      const timeoutMs = parseDurationMs(timeout);
      if (timeoutMs === undefined || timeoutMs <= 0) {
        throw usageFailure(`--timeout ${timeout}: expected a duration such as 5s or 500ms`);
      }
      // Only here: most commands do without all that calls models.
      const { examineModels } = await import("../../compose/doctor.ts");
      const all: Examination[] = [];
      try {
        for await (const examination of examineModels(io.env, { name, timeoutMs })) {
          all.push(examination);
          if (output === "table") io.stdout.write(examinationText(examination));
        }
      } catch (error) {
        if (error instanceof ConfigError) throw new Failure(`the models cannot be read. ${error.message}`);
        throw new Failure(`the models cannot be read: ${(error as Error).message}`);
      }
      if (output === "json") io.stdout.write(jsonText({ models: all.map(examinationJson) }, "indented"));
      if (name !== undefined && all.length === 0) throw new Failure(`no model is registered under the name ${name}`);
      const ill = all.filter(({ healthy }) => !healthy).length;
      if (ill > 0) throw new Failure(`${ill} of ${count(all.length, "model")} cannot be called`);
      if (output === "table") io.stdout.write(`${count(all.length, "model")}, all well\n`);
    });
}

const stepWidth = 8;
const outcomeWidth = 8;
const timeWidth = 10;

function examinationText({ model, steps }: Examination): string {
  const lines = steps.flatMap(({ name, outcome, ms, detail, hint }: Step) => {
    const word = outcome === "failed" ? "FAILED" : outcome;
    const time = outcome === "skipped" ? "" : `${ms} ms`;
    const head = `  ${name.padEnd(stepWidth)}${word.padEnd(outcomeWidth)}${time.padStart(timeWidth)}  `;
    return [
      `${head}${printable(detail)}`.trimEnd(),
      ...(hint === undefined ? [] : [`${" ".repeat(head.length)}-> ${printable(hint)}`]),
    ];
  });
  return `${printable(model.name)}   ${model.address.url}   ${printable(model.location)}\n${lines.join("\n")}\n\n`;
}

function examinationJson({ model, healthy, steps }: Examination) {
  return {
    name: model.name,
    url: model.address.url,
    source: model.source,
    location: model.location,
    healthy,
    steps: steps.map((step) => ({ ...step })),
  };
}
