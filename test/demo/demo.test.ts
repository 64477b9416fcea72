import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { Readable } from "node:stream";
import { describe, expect, test } from "vitest";

type Demo = ChildProcessByStdio<null, Readable, Readable>;

function startDemo(port: number, ...args: string[]): Demo {
  const env = { ...process.env, PORT: String(port), NO_COLOR: "", UI: "off" };
  return spawn(process.execPath, ["demo/main.ts", ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
}

/** Waits for the end of the demo. */
async function outcome(demo: Demo) {
  const text = async (stream: Readable) => (await stream.setEncoding("utf8").toArray()).join("");
  const [out, errors, [code]] = await Promise.all([text(demo.stdout), text(demo.stderr), once(demo, "exit")]);
  return { out, errors, code };
}

describe("npm run demo", () => {
  test("gets the same predictions over every protocol and prints a table without colours, at most 100 columns wide", async () => {
    const { out, errors, code } = await outcome(startDemo(0, "--once"));
    expect(errors).toBe("");
    for (const protocol of [
      "gRPC",
      "gRPC-Web",
      "Connect JSON",
      "Connect binary",
      "REST",
      "KServe v1",
      "KServe v2",
      "KServe v2 gRPC",
    ]) {
      expect(out).toMatch(new RegExp(`^${protocol} +ok [\\d.]+ ms +ok [\\d.]+ ms +ok [\\d.]+ ms$`, "m"));
    }
    expect(out).not.toContain("\u001b");
    expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(code).toBe(0);
  });

  test("stays up, prints commands to try, and ends cleanly on SIGTERM", async () => {
    const demo = startDemo(0);
    demo.stdout.on("data", (chunk) => String(chunk).includes("Ctrl-C") && demo.kill("SIGTERM"));
    const { out, errors, code } = await outcome(demo);
    expect(errors).toBe("");
    expect(out).toMatch(/curl http:\/\/127\.0\.0\.1:\d+\/api\/v1\/models\n/);
    expect(code).toBe(0);
  });

  test("says what to do if the port is in use", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as { port: number };
    const { errors, code } = await outcome(startDemo(port, "--once"));
    other.close();
    expect(errors).toBe(`Port ${port} is in use. Choose another one: PORT=8081 npm run demo\n`);
    expect(code).toBe(1);
  });

  test("rejects an unknown argument", async () => {
    const { errors, code } = await outcome(startDemo(0, "--twice"));
    expect(errors).toContain("unknown argument --twice");
    expect(code).toBe(2);
  });
});
