import type { Command } from "commander";
import { ModelVersionState } from "../../../../gen/kserve/versions/v1/model_version_pb.ts";
import { RegisteredModelState } from "../../../../gen/kserve/versions/v1/registered_model_pb.ts";
import type { CliIo } from "../../cli-io.ts";
import { type VersionsClient, withVersions } from "../../client/client.ts";
import { writeAnswer } from "../../client/client-options.ts";
import { findModel, findVersion } from "./find-version.ts";

const help = `
Examples:
  kserve-model-registry versions archive disk-failure-predictor 2.0.0
  kserve-model-registry versions archive disk-failure-predictor 2.0.0 --restore
  kserve-model-registry versions archive disk-failure-predictor

Archived versions are kept, but a bare name no longer selects them.`;

/** Adds `versions archive NAME [VERSION]`. */
export function addArchive(parent: Command, io: CliIo): void {
  const command = parent
    .command("archive")
    .description("archive a version or a whole model, or restore it")
    .argument("<name>", "the name of the registered model")
    .argument("[version]", "the name of the version (default: the model itself)")
    .option("--restore", "make it live again");
  writeAnswer(
    command,
    io,
    help,
    async (options, name: string, version: string | undefined, raw: { restore?: boolean }) => {
      const restores = raw.restore === true;
      await withVersions(options, (client) => archive(client, name, version, restores));
      const what = version === undefined ? name : `${name}:${version}`;
      const state = restores ? "live" : "archived";
      return options.output === "json" ? `${JSON.stringify({ name, version, state })}\n` : `${what} is ${state}\n`;
    },
  );
}

async function archive(
  client: VersionsClient,
  name: string,
  version: string | undefined,
  restores: boolean,
): Promise<void> {
  const updateMask = { paths: ["state"] };
  if (version === undefined) {
    const { id } = await findModel(client, name);
    const state = restores ? RegisteredModelState.LIVE : RegisteredModelState.ARCHIVED;
    await client.updateRegisteredModel({ registeredModel: { id, state }, updateMask });
    return;
  }
  const { id } = await findVersion(client, name, version);
  const state = restores ? ModelVersionState.LIVE : ModelVersionState.ARCHIVED;
  await client.updateModelVersion({ modelVersion: { id, state }, updateMask });
}
