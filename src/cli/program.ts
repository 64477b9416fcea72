import { Command, CommanderError } from "commander";
import type { Env } from "../config.ts";
import { serve } from "./serve.ts";

/** What a command may touch of the process. */
export interface CliIo {
  readonly env: Env;
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream;
}

/** The command line. `run` resolves with the exit status: 0 done, 1 failed, 2 wrong usage. */
export function createProgram(io: CliIo): { run(args: readonly string[]): Promise<number> } {
  return {
    async run(args) {
      let status = 0;
      const program = new Command("kserve-model-registry")
        .description("One typed front door to the models that KServe serves.")
        .exitOverride()
        .configureOutput({
          writeOut: (text) => io.stdout.write(text),
          writeErr: (text) => io.stderr.write(text),
        });
      program
        .command("serve")
        .description("run the server; it is configured by environment variables")
        .action(async () => {
          status = await serve(io.env);
        });
      try {
        await program.parseAsync([...args], { from: "user" });
      } catch (error) {
        if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
        throw error;
      }
      return status;
    },
  };
}
