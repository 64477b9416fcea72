import { spawn } from "node:child_process";
import { once } from "node:events";
import { endWithProcess } from "../../../measure/end-with-process.ts";
import { until } from "../../support/until.ts";
import { builtProgram } from "./paths.ts";

/** The built program, running. */
export interface BuiltProgram {
  readonly url: string;
  /** Everything that it wrote. */
  output(): string;
  /** Asks it to stop, and resolves with its exit status. */
  stop(): Promise<number | null>;
}

/**
 * Starts the program that `npm run build` made with nothing but these variables, on a free port of loopback.
 *
 * @param nodeFlags flags of Node. Default: none
 */
export async function startBuiltProgram(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  file = builtProgram,
  nodeFlags: readonly string[] = [],
): Promise<BuiltProgram> {
  const child = spawn(process.execPath, [...nodeFlags, file, ...args], {
    env: { ...env, PORT: "0", HOST: "127.0.0.1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  endWithProcess(child);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const exit = once(child, "exit");
  const port = (): string | undefined => /"port":(\d+)/.exec(output)?.[1];
  await until(() => port() !== undefined || child.exitCode !== null, "it listens", 30_000).catch(() => {});
  if (port() === undefined) {
    child.kill("SIGKILL");
    throw new Error(`the program does not start: ${output}`);
  }
  return {
    url: `http://127.0.0.1:${port()}`,
    output: () => output,
    async stop() {
      child.kill("SIGTERM");
      const killer = setTimeout(() => child.kill("SIGKILL"), 10_000);
      const [code] = (await exit) as [number | null];
      clearTimeout(killer);
      return code;
    },
  };
}
