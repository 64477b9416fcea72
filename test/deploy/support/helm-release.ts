import { output } from "../../peers/support/run.ts";
import type { Values } from "./chart.ts";
import { chartDir, programs } from "./paths.ts";
import type { TestCluster } from "./test-cluster.ts";

/** The name of the release, and so of what it consists of. */
export const release = "kserve-model-registry";

/** Installs or upgrades the release for real, and returns what helm says. */
export function upgradeRelease(cluster: TestCluster, namespace: string, values: Values): Promise<string> {
  const args = ["upgrade", "--install", release, chartDir, "--namespace", namespace, "--values", "-"];
  return helm(cluster, args, JSON.stringify(values));
}

/** Removes the release. */
export async function uninstallRelease(cluster: TestCluster, namespace: string): Promise<void> {
  await helm(cluster, ["uninstall", release, "--namespace", namespace]);
}

function helm({ kubeconfig }: TestCluster, args: readonly string[], stdin = ""): Promise<string> {
  return output(programs.helm, args, { stdin, env: { KUBECONFIG: kubeconfig } });
}
