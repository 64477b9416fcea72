/** Files that name the version, and how: `VERSION` stands for it. Each place is there at least once. */
const places: Readonly<Record<string, readonly string[]>> = {
  "package.json": ['"version": "VERSION"'],
  "package-lock.json": [
    '"name": "kserve-model-registry",\n  "version": "VERSION"',
    '"name": "kserve-model-registry",\n      "version": "VERSION"',
  ],
  "charts/kserve-model-registry/Chart.yaml": ["\nversion: VERSION", "\nappVersion: VERSION"],
  "manifests/kustomize/base/kustomization.yaml": ["newTag: VERSION"],
  "manifests/kustomize/options/controller/manager/kustomization.yaml": ["newTag: VERSION"],
  "manifests/kustomize/options/catalog/base/kustomization.yaml": ["newTag: VERSION"],
  "manifests/kustomize/options/csi/kustomization.yaml": ["newTag: VERSION"],
  "manifests/kustomize/options/ui/base/kustomization.yaml": ["newTag: VERSION"],
  "docs/DEPLOYMENT.md": ["--build-arg VERSION=VERSION", "kserve-model-registry:VERSION", "newTag: VERSION"],
  Dockerfile: [
    ...["--build-arg VERSION=VERSION", "kserve-model-registry:VERSION"],
    "kserve-model-registry-storage-initializer:VERSION",
  ],
};

/** The files that name the version. */
export const versionedFiles: readonly string[] = Object.keys(places);

/**
 * Sets the version in one of these files.
 *
 * @throws Error where a place is missing: a file that was rewritten would keep the old version
 */
export function withVersion(file: string, text: string, from: string, to: string): string {
  return places[file]!.reduce((changed, place) => {
    const at = (version: string): string => place.replace(/VERSION$|VERSION(?=")/, version);
    if (!changed.includes(at(from))) throw new Error(`${file}: expected ${JSON.stringify(at(from).trim())}`);
    return changed.replaceAll(at(from), at(to));
  }, text);
}

/** Whether a text is a version that comes after another: `0.2.0`, `1.0.0-rc.1` after `0.1.0`. */
export function comesAfter(version: string, current: string): boolean {
  const parts = (text: string): number[] | undefined =>
    /^(\d+)\.(\d+)\.(\d+)(?:-[0-9A-Za-z.-]+)?$/.exec(text)?.slice(1, 4).map(Number);
  const [next, last] = [parts(version), parts(current)];
  if (next === undefined || last === undefined) return false;
  const different = next.findIndex((part, i) => part !== last[i]);
  if (different >= 0) return next[different]! > last[different]!;
  // The release after its own candidates.
  return current.includes("-") && (!version.includes("-") || version > current);
}
