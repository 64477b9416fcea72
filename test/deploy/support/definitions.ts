import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import type { KubeApi, KubeObject } from "../../kube/support/kube-api.ts";
import { until } from "../../support/until.ts";
import { kustomizeDir } from "./paths.ts";
import { thirdPartyDefinitions } from "./third-party.ts";

/** Makes our kind and those of others known to an API server, and waits until it serves and describes them. */
export async function installDefinitions(api: KubeApi): Promise<void> {
  const own = parse(readFileSync(join(kustomizeDir, "crd/model-registration.yaml"), "utf8")) as KubeObject;
  const definitions = [own, ...thirdPartyDefinitions()];
  await api.apply(definitions);
  for (const definition of definitions) await untilServed(api, definition);
}

async function untilServed(api: KubeApi, { spec }: KubeObject): Promise<void> {
  const { group, names, versions } = spec as {
    group: string;
    names: { plural: string };
    versions: { name: string; served: boolean }[];
  };
  for (const { name } of versions.filter(({ served }) => served)) {
    const list = `/apis/${group}/${name}/${names.plural}?limit=1`;
    await until(async () => (await api.send("GET", list)).status === 200, `${list} is served`, 20_000);
    const schema = `/openapi/v3/apis/${group}/${name}`;
    const hasKind = async (): Promise<boolean> =>
      JSON.stringify((await api.send("GET", schema)).body).includes(names.plural);
    await until(hasKind, `${schema} describes ${names.plural}`, 20_000);
    const isListed = async (): Promise<boolean> =>
      JSON.stringify((await api.send("GET", "/openapi/v3")).body).includes(`"apis/${group}/${name}"`);
    await until(isListed, `/openapi/v3 lists apis/${group}/${name}`, 20_000);
  }
}
