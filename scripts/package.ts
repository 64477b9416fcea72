/**
 * Writes the npm package to `.cache/package/`, a folder and a tarball: the built program without dependencies, for all of
 * them are in the bundle. `package.json` of the checkout is private, so that nobody publishes that by mistake.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const folder = join(root, ".cache/package");
const { name, version, description, license, type, engines, bin } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
) as Record<string, unknown>;
/** `owner/name` at GitHub, where a release is made there. */
const repository = process.env.GITHUB_REPOSITORY;
const address = `https://github.com/${repository}`;

const manifest = {
  ...{ name, version, description, license, type, engines, bin },
  keywords: ["kserve", "model-registry", "inference", "grpc", "connect", "kubernetes"],
  ...(repository === undefined
    ? {}
    : {
        repository: { type: "git", url: `git+${address}.git` },
        homepage: `${address}#readme`,
        bugs: `${address}/issues`,
      }),
};

rmSync(folder, { recursive: true, force: true });
mkdirSync(join(folder, "bin"), { recursive: true });
cpSync(join(root, "dist"), join(folder, "dist"), { recursive: true });
cpSync(join(root, "bin"), join(folder, "bin"), { recursive: true });
for (const file of ["README.md", "CHANGELOG.md", "LICENSE", "SECURITY.md"])
  copyFileSync(join(root, file), join(folder, file));
copyFileSync(join(root, "dist/THIRD-PARTY-NOTICES.txt"), join(folder, "THIRD-PARTY-NOTICES.txt"));
rmSync(join(folder, "dist/THIRD-PARTY-NOTICES.txt"));
writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
const tarball = execFileSync("npm", ["pack", "--silent", "--pack-destination", "."], { cwd: folder, encoding: "utf8" });
console.log(`.cache/package/${tarball.trim()}`);
