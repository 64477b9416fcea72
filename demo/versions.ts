import type { TrainedModel } from "./models.ts";

const name = "disk-failure-predictor";

/** The previous version, and the one that is served now. */
const versions = [
  { version: "1.0.0", description: "First fit, on one year of disks", accuracy: 0.91 },
  { version: "1.1.0", description: "With the age of the disk", accuracy: 0.97 },
] as const;

/**
 * Registers two versions of a model with its features, a metric and an alias, through the REST API of Kubeflow's
 * registry, and describes the result.
 *
 * @param url the address of the registry, without a slash at the end
 * @throws Error when the registry refuses
 */
export async function registerVersions(url: string, trained: readonly TrainedModel[]): Promise<string> {
  const api = `${url}/api/model_registry/v1`;
  const { entry } = trained.find((one) => one.entry.name === name)!;
  const declared = entry as unknown as Readonly<Record<string, unknown>>;
  const model = await send("POST", `${api}/registered_models`, { name, owner: "storage-team" });
  let newest = "";
  for (const { version, description, accuracy } of versions) {
    const { id } = await send("POST", `${api}/registered_models/${model.id}/versions`, {
      name: version,
      registeredModelId: model.id,
      description,
      inputFeatures: declared.inputFeatures,
    });
    const artifacts = `${api}/model_versions/${id}/artifacts`;
    await send("POST", artifacts, { artifactType: "model-artifact", name, uri: `s3://models/${name}/${version}` });
    await send("POST", artifacts, { artifactType: "metric", name: "accuracy", value: accuracy });
    newest = id;
  }
  await send("PUT", `${api}/registered_models/${model.id}/aliases/champion`, { modelVersionId: newest });
  const words = versions.map(({ version, accuracy }) => `${version} (accuracy ${accuracy})`).join(" and ");
  return `Registered ${name} ${words};\nthe alias champion points to ${versions.at(-1)!.version}.`;
}

async function send(method: string, address: string, body: object): Promise<{ readonly id: string }> {
  const response = await fetch(address, { method, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${method} ${address} answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as { readonly id: string };
}
