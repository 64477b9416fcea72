import { join } from "node:path";

/** The root of the project. */
export const projectDir = join(import.meta.dirname, "../../..");

/** What `npm run build` makes. */
export const builtProgram = join(projectDir, "dist/kserve-model-registry.js");

/** Where `test/deploy/install.sh` puts the programs. */
export const cacheDir = join(projectDir, ".cache/deploy");

export const chartDir = join(projectDir, "charts/kserve-model-registry");
export const kustomizeDir = join(projectDir, "manifests/kustomize");

export const programs = {
  kubectl: join(cacheDir, "kubectl/kubectl"),
  helm: join(cacheDir, "helm/helm"),
  kustomize: join(cacheDir, "kustomize/kustomize"),
  kubeconform: join(cacheDir, "kubeconform/kubeconform"),
  actionlint: join(cacheDir, "actionlint/actionlint"),
  prometheus: join(cacheDir, "monitoring/prometheus"),
  promtool: join(cacheDir, "monitoring/promtool"),
  hadolint: join(cacheDir, "python/bin/hadolint"),
  python: join(cacheDir, "python/bin/python"),
} as const;
