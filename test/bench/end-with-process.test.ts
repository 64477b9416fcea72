import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { until } from "../support/until.ts";

const helper = join(import.meta.dirname, "../../measure/end-with-process.ts");

/** A process that starts a child and then does something; it gives the id of the child. */
async function startParent(then: string) {
  const source = `
    import { spawn } from "node:child_process";
    import { endWithProcess } from ${JSON.stringify(helper)};
    const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"]);
    endWithProcess(child);
    console.log(child.pid);
    ${then}`;
  const parent = spawn(process.execPath, ["--input-type=module", "--eval", source], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const exit = once(parent, "exit");
  const [line] = (await once(parent.stdout.setEncoding("utf8"), "data")) as [string];
  const childPid = Number(line);
  onTestFinished(() => void (isAlive(childPid) && process.kill(childPid, "SIGKILL")));
  return { parent, exit, childPid };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it.each([
  ["an error that nobody catches", 'setTimeout(() => { throw new Error("a start fails"); }, 50);', undefined, 1],
  ["process.exit", "setTimeout(() => process.exit(3), 50);", undefined, 3],
  ["SIGTERM", "", "SIGTERM", "SIGTERM"],
  ["SIGINT", "", "SIGINT", "SIGINT"],
] as const)("a child ends when its parent ends by %s", async (_, then, signal, status) => {
  const { parent, exit, childPid } = await startParent(then);
  if (signal !== undefined) parent.kill(signal);
  const [code, endedBy] = await exit;
  expect(code ?? endedBy).toBe(status);
  await until(() => !isAlive(childPid), "the child ends");
});

it("a parent that handles a signal itself is left to do so", async () => {
  const { parent, exit, childPid } = await startParent(
    'process.once("SIGTERM", () => setTimeout(process.exit, 50, 5));',
  );
  parent.kill("SIGTERM");
  expect((await exit)[0]).toBe(5);
  await until(() => !isAlive(childPid), "the child ends");
});
