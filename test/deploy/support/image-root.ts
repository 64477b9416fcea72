import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { instructionsOf, parseDockerfile, type Stage } from "./dockerfile.ts";
import { projectDir } from "./paths.ts";

/** What the image holds, laid out in a folder, and how it is started. */
export interface ImageRoot {
  readonly folder: string;
  /** What the build stage has made. */
  readonly source: string;
  readonly user: string;
  /** The `PATH` of its processes. */
  readonly path: string;
  readonly workdir: string;
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
}

/**
 * Does what an engine does with the Dockerfile, without one: runs the last RUN of the build stage among the files that
 * `.dockerignore` lets through, and lays the final stage out in a folder. The base image cannot be had here; in its
 * place are what it consists of: Node, the C and C++ libraries that Node links, and nothing else. There is no shell.
 *
 * @param folder an empty one, on the file system of `node_modules`
 */
export function layOutImage(folder: string): ImageRoot {
  const stages = parseDockerfile(readFileSync(join(projectDir, "Dockerfile"), "utf8"));
  const build = stages.find(({ name }) => name === "build")!;
  const final = stages.at(-1)!;
  const source = join(folder, "src");
  runBuildStage(build, source);

  const root = join(folder, "root");
  layOutBase(root);
  const workdir = workdirOf(final);
  copyInto(root, final, source);
  return {
    folder: root,
    source,
    user: instructionsOf(final, "USER")[0]?.words[0] ?? "0",
    path: instructionsOf(final, "ENV")
      .flatMap(({ words }) => words)
      .find((word) => word.startsWith("PATH="))!
      .slice("PATH=".length),
    workdir,
    entrypoint: instructionsOf(final, "ENTRYPOINT")[0]!.words,
    command: instructionsOf(final, "CMD")[0]!.words,
    healthcheck: healthcheckOf(final),
  };
}

function workdirOf(stage: Stage): string {
  return instructionsOf(stage, "WORKDIR")[0]?.words[0] ?? "/";
}

/**
 * Lays out what a stage copies from the build stage and from the files that `.dockerignore` lets through; what comes from
 * other images is left out.
 */
export function copyInto(root: string, stage: Stage, source: string): void {
  const workdir = workdirOf(stage);
  for (const { flags, words } of instructionsOf(stage, "COPY")) {
    if (flags.from?.includes("/")) continue;
    const target = words.at(-1)!;
    const to = target.startsWith("/") ? join(root, target) : join(root, workdir, target);
    for (const path of words.slice(0, -1)) {
      const from = join(source, path.replace(/^\/src/, ""));
      // As an engine does: of a folder its content, of a file the file, by its own name where a folder is meant.
      const isFile = !statSync(from).isDirectory();
      cpSync(from, isFile && target.endsWith("/") ? join(to, basename(from)) : to, { recursive: true });
    }
  }
}

function runBuildStage(build: Stage, source: string): void {
  mkdirSync(source, { recursive: true });
  const allowed = readFileSync(join(projectDir, ".dockerignore"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("!"));
  for (const path of allowed.map((line) => line.slice(1))) {
    mkdirSync(dirname(join(source, path)), { recursive: true });
    cpSync(join(projectDir, path), join(source, path), { recursive: true });
  }
  // In the place of `npm ci`, which has run here. Links: a copy would take its time.
  execFileSync("cp", ["-al", realpathSync(join(projectDir, "node_modules")), join(source, "node_modules")]);
  const command = instructionsOf(build, "RUN").at(-1)!.words.join(" ");
  execFileSync("sh", ["-ec", command], { cwd: source, stdio: ["ignore", "ignore", "inherit"] });
}

function layOutBase(root: string): void {
  for (const folder of ["nodejs/bin", "etc", "proc", "tmp", "dev"]) mkdirSync(join(root, folder), { recursive: true });
  const node = realpathSync(process.execPath);
  cpSync(node, join(root, "nodejs/bin/node"));
  const libraries = execFileSync("ldd", [node], { encoding: "utf8" }).matchAll(/(?:=> )?(\/\S+) \(0x/g);
  for (const [, library] of libraries) {
    mkdirSync(dirname(join(root, library!)), { recursive: true });
    cpSync(realpathSync(library!), join(root, library!));
  }
  writeFileSync(
    join(root, "etc/passwd"),
    "root:x:0:0:root:/root:/sbin/nologin\nnonroot:x:65532:65532::/home/nonroot:/sbin/nologin\n",
  );
  writeFileSync(join(root, "etc/hosts"), "127.0.0.1 localhost\n");
}

function healthcheckOf(final: Stage): readonly string[] {
  const words = instructionsOf(final, "HEALTHCHECK")[0]!.words.join(" ");
  return JSON.parse(words.replace(/^CMD /, "")) as string[];
}
