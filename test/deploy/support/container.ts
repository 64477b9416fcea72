import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ImageRoot } from "./image-root.ts";

/** A process that runs as a pod's container does: alone in its own process and mount namespace, on a read-only root. */
export interface Container {
  readonly child: ChildProcess;
  /** What it has written to standard output and to standard error. */
  output(): string;
  /** The process itself, seen from outside: it is number 1 inside. */
  pid(): number;
  /** A field of `/proc/PID/status`: `CapEff`. */
  status(field: string): string;
  readonly exit: Promise<number | string>;
}

/**
 * As a runtime sets a container up that must not gain privileges; `$1` is the root, `$2` the user, `$3` the PATH in there,
 * the rest the command.
 */
const setUp = `
mount --bind "$1" "$1"
mount -o remount,bind,ro,nosuid,nodev "$1"
mount -t proc proc "$1/proc"
root=$1 user=$2 path=$3
shift 3
setpriv=$(command -v setpriv) chroot=$(command -v chroot)
PATH=$path
exec "$setpriv" --no-new-privs "$chroot" --userspec="$user" "$root" "$@"`;

function argumentsOf(image: ImageRoot, command: readonly string[]): string[] {
  const namespaces = ["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"];
  return [...namespaces, "sh", "-ec", setUp, "sh", image.folder, image.user, image.path, ...command];
}

/** The programs that set the container up are looked for here. */
const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** Starts what the image starts. It needs root, as every runtime does. */
export function startContainer(image: ImageRoot, env: Readonly<Record<string, string>>): Container {
  const command = argumentsOf(image, [...image.entrypoint, ...image.command]);
  const child = spawn("unshare", command, { env: { PATH: path, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const pid = (): number => Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").trim());
  return {
    child,
    output: () => output,
    pid,
    status: (field) =>
      new RegExp(`^${field}:\\s*(.*)$`, "m").exec(readFileSync(`/proc/${pid()}/status`, "utf8"))?.[1] ?? "",
    exit: once(child, "exit").then(([code, signal]) => (code ?? signal) as number | string),
  };
}

/**
 * Shows a limit of memory where the kernel shows that of a control group, of either version, for the containers that are started
 * from now on. It is not enforced: what an engine sets is not ours to set.
 */
export function showMemoryLimit(image: ImageRoot, bytes: number): void {
  const own = /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1] ?? "/";
  const write = (folder: string, files: Readonly<Record<string, string>>): void => {
    const path = join(image.folder, "sys/fs/cgroup", folder);
    mkdirSync(path, { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), `${text}\n`);
  };
  write(own, { "memory.max": String(bytes), "memory.high": "max" });
  write("memory", { "memory.limit_in_bytes": String(bytes), "memory.soft_limit_in_bytes": "9223372036854771712" });
}

/** Runs another command in the image, as a health check does, and returns its exit status and what it wrote. */
export async function runInImage(
  image: ImageRoot,
  command: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<{ status: number; output: string }> {
  return promisify(execFile)("unshare", argumentsOf(image, command), {
    env: { PATH: path, ...env },
    timeout: 20_000,
  }).then(
    ({ stdout, stderr }) => ({ status: 0, output: stdout + stderr }),
    (error: { code?: number; stdout: string; stderr: string }) => ({
      status: error.code ?? -1,
      output: error.stdout + error.stderr,
    }),
  );
}
