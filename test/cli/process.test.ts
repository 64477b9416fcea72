import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { answer, inTurn } from "../support/fake-upstream.ts";
import { model, startRegistry } from "../support/running-service.ts";
import { page, startPeer } from "../transfer/support/peer-answers.ts";

/** Runs a line in a shell, in which `registry` is the program of this package, as a process of its own. */
async function shell(line: string, env: Readonly<Record<string, string>> = {}) {
  const script = `registry() { "${process.execPath}" "${inject("program")}" "$@"; }\n${line}`;
  let out = "";
  let err = "";
  const child = execFile("sh", ["-c", script], {
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...env },
  });
  child.stdout?.on("data", (chunk) => (out += chunk));
  child.stderr?.on("data", (chunk) => (err += chunk));
  const [status] = (await once(child, "close")) as [number];
  return { status, out, err };
}

describe("the process", () => {
  it("refuses to serve without a source, names the variables, and exits with status 1", async () => {
    const { status, out, err } = await shell("registry serve");
    expect({ status, out }).toEqual({ status: 1, out: "" });
    expect(err).toMatch(/^error: kserve-model-registry cannot start\. The configuration has 1 problem:\n/);
    for (const name of ["KSERVE_MODEL_REGISTRY", "KSERVE_<X>_SERVICE", "ENABLE_KSERVE_INTEGRATION"]) {
      expect(err).toContain(name);
    }
    expect(err).not.toMatch(/^ +at /m);
  });

  it("says which port is taken", async () => {
    const { port } = await startRegistry();
    const env = { ENABLE_KSERVE_INTEGRATION: "false", HOST: "127.0.0.1", PORT: String(port), LOG_LEVEL: "silent" };
    const { status, err } = await shell("registry serve", env);
    expect(status).toBe(1);
    expect(err).toBe(`error: kserve-model-registry cannot start: port ${port} is in use; set PORT to another port\n`);
  });

  it("ends when a port of the controller is taken", async () => {
    const { port } = await startRegistry();
    const taken = { KUBECONFIG: "/nowhere", HOST: "127.0.0.1", PORT: String(port), LOG_LEVEL: "silent" };
    const words = `error: kserve-model-registry cannot start: port ${port} is in use; set PORT to another port\n`;
    expect(await shell("registry controller", taken)).toEqual({ status: 1, out: "", err: words });
    const probes = { ...taken, PORT: "0", HEALTH_PROBE_PORT: String(port) };
    expect(await shell("registry controller", probes)).toMatchObject({ status: 1, out: "", err: words });
  }, 30_000);

  it.each(["20.20.2", "22.18.0"])("says that Node %s is too old", async (version) => {
    const pretence = `Object.defineProperty(process.versions, "node", { value: "${version}" })`;
    const args = ["--import", `data:text/javascript,${encodeURIComponent(pretence)}`, "bin/kserve-model-registry.js"];
    const child = execFile(process.execPath, [...args, "--version"]);
    let err = "";
    child.stderr?.on("data", (chunk) => (err += chunk));
    const [status] = (await once(child, "close")) as [number];
    expect(status).toBe(1);
    expect(err).toBe(`error: kserve-model-registry needs Node 22.19 or newer; this is ${version}\n`);
    expect(JSON.parse(readFileSync("package.json", "utf8")).engines.node).toBe(">=22.19");
  });

  it("reads standard input from a pipe, and the address from the environment", async () => {
    const { url, upstream } = await startRegistry();
    const env = { KSERVE_MODEL_REGISTRY_ADDRESS: url };
    const { status, out, err } = await shell(`echo '[[0.5,1.2,0.8]]' | registry predict ${model}`, env);
    expect({ status, out, err }).toEqual({ status: 0, out: "INSTANCE   PREDICTION\n0          0\n", err: "" });
    expect(upstream.predictions).toHaveLength(1);
  });

  it("does not wait for standard input when the instances are an argument", async () => {
    const { url } = await startRegistry();
    // Nobody ever writes to the standard input of the shell, or closes it.
    expect((await shell(`registry predict ${model} '[[1]]' --address ${url}`)).status).toBe(0);
  });

  it.each(["list", "watch"])("ends quietly when the reader of %s has enough", async (command) => {
    const { url, upstream } = await startRegistry({ env: { KSERVE_READINESS_INTERVAL: "1s" } });
    // A closed pipe shows at the next write: the model must change for that.
    upstream.onReadiness(model, inTurn(...new Array(20).fill([answer(503, ""), answer(200, "{}")]).flat()));
    const { out, err } = await shell(`{ registry ${command} --address ${url}; echo "status $?" >&2; } | head -n 1`);
    expect(out.trimEnd().split("\n")).toHaveLength(1);
    expect(err).toBe("status 0\n");
  });

  it.skipIf(!existsSync("/dev/full"))(
    "says that the output could not be written, and exits with status 1",
    async () => {
      const { url } = await startRegistry();
      const { status, err } = await shell(`registry list --address ${url} > /dev/full`);
      expect(status).toBe(1);
      expect(err).toMatch(/^error: the output could not be written: ENOSPC/);
    },
  );

  it("leaves a file unchanged if there is no space for the new one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-full-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const values = `kserve:\n  services:\n    anomaly_detector: a\n${"# a comment of some length\n".repeat(5000)}`;
    writeFileSync(join(folder, "values.yaml"), values);
    const migrate = "registry migrate values.yaml --to values --write";
    const { status, err } = await shell(`cd ${folder}; trap "" XFSZ; ulimit -f 8; ${migrate}`);
    expect({ status, err }).toEqual({
      status: 1,
      err: "error: values.yaml cannot be written: EFBIG: file too large, write\n",
    });
    expect(readFileSync(join(folder, "values.yaml"), "utf8")).toBe(values);
    expect(readdirSync(folder)).toEqual(["values.yaml"]);
  });

  it("exports to a reader that has enough, or to a device", async () => {
    const lists = ["registered_models", "model_versions", "serving_environments", "inference_services", "artifacts"];
    const { url } = await startPeer(
      Object.fromEntries(lists.map((list) => [`/api/model_registry/v1/${list}`, page([])])),
    );
    const { out, err } = await shell(`{ registry export --address ${url}; echo "status $?" >&2; } | true`);
    expect({ out, err: err.replace(/^(KIND .*\n)?/, "") }).toEqual({ out: "", err: "status 0\n" });
    const piped = await shell(`registry export --address ${url} --file /dev/stdout | cat`);
    expect(piped).toMatchObject({ status: 0, err: "", out: expect.stringContaining('{"records":0}\n') });
  });

  it.each(["SIGINT", "SIGTERM"] as const)("ends a watch with exit status 0 on %s", async (signal) => {
    const { url } = await startRegistry();
    const child = spawn(process.execPath, [inject("program"), "watch", "--address", url], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    child.stdout.once("data", () => child.kill(signal));
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});
