import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import os from "node:os";
import { join } from "node:path";
import { paths, root } from "./paths.ts";

/** Under this share of others the machine counts as quiet. */
const quietShare = 0.03;

/** What a run was made on and with, as a list of Markdown. */
export function describeRun(command: string, rounds: number, foreignShare: number): string {
  const cpu = os.cpus();
  const share = `${(foreignShare * 100).toFixed(1)} % of the machine's CPU time went to other processes`;
  const busy =
    foreignShare > quietShare ? ". **The machine was not quiet: the figures are too high, ours and theirs**" : "";
  return [
    `- Date: ${new Date().toISOString().slice(0, 10)}; command: \`${command}\`; ${rounds} rounds, medians`,
    `- Machine: ${cpu.length} cores, ${cpu[0]?.model.trim() ?? "unknown"}, Linux ${os.release()}, ${Math.round(os.totalmem() / 1024 ** 3)} GiB`,
    `- During the run ${share}${busy}`,
    `- Servers: Node ${process.versions.node}, ${goVersion()}, ${goModules()}, @connectrpc/connect-node ${npmVersion("@connectrpc/connect-node")}, @grpc/grpc-js ${npmVersion("@grpc/grpc-js")}, undici ${npmVersion("undici")}, ${output(paths.nginx, "-v").replace("nginx version: ", "")}`,
    `- Load: ${output(paths.h2load, "--version")}, ${output(paths.wrk, "-v").split(" [")[0]}, ghz v0.93.0`,
  ].join("\n");
}

/** Some programs print their version on the standard error, some with a status of 1. */
function output(program: string, flag: string): string {
  const script = '"$0" "$1" 2>&1 | head -n 1';
  const env = { ...process.env, LD_LIBRARY_PATH: paths.libraries };
  return execFileSync("sh", ["-c", script, program, flag], { encoding: "utf8", env }).trim();
}

function goVersion(): string {
  const [, , version = ""] = execFileSync("go", ["version"], { encoding: "utf8" }).split(" ");
  return version.replace("go", "Go ");
}

function goModules(): string {
  const mod = readFileSync(join(root, "bench/peers/go/go.mod"), "utf8");
  const version = (module: string): string => new RegExp(`${module} v(\\S+)`).exec(mod)?.[1] ?? "unknown";
  return `grpc-go ${version("google.golang.org/grpc")}, connect-go ${version("connectrpc.com/connect")}`;
}

function npmVersion(name: string): string {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string }>;
  };
  return lock.packages[`node_modules/${name}`]?.version ?? "unknown";
}
