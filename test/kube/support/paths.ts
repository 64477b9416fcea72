import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";

export const projectDir = resolve(import.meta.dirname, "../../..");

/** A program that `test/kube/install.sh` has built. */
export function controlPlaneProgram(name: "etcd" | "kube-apiserver" | "kube-controller-manager"): string {
  const cache = join(projectDir, ".cache/kube");
  // A version that is being built beside another one counts once its mark is there.
  const version = readdirSync(cache).find((dir) => readdirSync(join(cache, dir)).includes(".installed"));
  if (version === undefined) throw new Error("Kubernetes is not built; run test/kube/install.sh");
  return join(cache, version, "bin", name);
}
