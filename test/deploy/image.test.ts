import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { output, run } from "../peers/support/run.ts";
import { predict, startFakeUpstream } from "../support/fake-upstream.ts";
import { send } from "../support/http-client.ts";
import { readMetrics } from "../support/metric-lines.ts";
import { until } from "../support/until.ts";
import { firing, replayed, rulesOf, up } from "./support/alerts.ts";
import { runInImage, showMemoryLimit, startContainer } from "./support/container.ts";
import { instructionsOf, parseDockerfile } from "./support/dockerfile.ts";
import { copyInto, type ImageRoot, layOutImage } from "./support/image-root.ts";
import { cacheDir, programs, projectDir } from "./support/paths.ts";

const dockerfile = join(projectDir, "Dockerfile");
const stages = parseDockerfile(readFileSync(dockerfile, "utf8"));
const final = stages.at(-1)!;

/** The packages of Debian 12 that the base image holds besides Node, as its project lists them. */
const packagesOfBase = [
  ...["base-files", "ca-certificates", "media-types", "netbase", "tzdata"],
  ...["libc6", "libssl3", "gcc-12-base", "libgcc-s1", "libgomp1", "libstdc++6"],
];

/** What they take, with room for what they grow by. */
const restOfBaseMiB = 40;

/** Debian lists what its packages take where they are installed. */
const isDebian12 = existsSync("/etc/debian_version") && readFileSync("/etc/debian_version", "utf8").startsWith("12.");

let folder: string;
let image: ImageRoot;

beforeAll(() => {
  folder = mkdtempSync(join(cacheDir, "image-"));
  image = layOutImage(folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the Dockerfile", () => {
  it("passes hadolint, with nothing ignored", async () => {
    const outcome = await run(programs.hadolint, ["--config", join(projectDir, ".hadolint.yaml"), dockerfile]);
    expect(outcome).toEqual({ code: 0, stdout: "", stderr: "" });
  });

  it("runs as a user with a number that is not root, without a shell", () => {
    expect(image.user).toBe("65532:65532");
    for (const command of [image.entrypoint, image.healthcheck]) expect(command[0]).toBe("/nodejs/bin/node");
  });

  it("gives the storage initializer the licenses, notices and bill of materials of the program, too", () => {
    const stage = stages.find(({ name }) => name === "storage-initializer")!;
    const copied = instructionsOf(stage, "COPY").flatMap(({ words }) => words);
    for (const file of ["LICENSE", "THIRD-PARTY-NOTICES.txt", "sbom.cdx.json"])
      expect(copied).toContain(`/src/dist/${file}`);
  });

  it("labels the image by the names of the OCI", () => {
    const labels = instructionsOf(final, "LABEL")
      .flatMap(({ words }) => words)
      .join(" ");
    for (const name of ["title", "description", "licenses", "version", "revision", "base.name"]) {
      expect(labels).toContain(`org.opencontainers.image.${name}=`);
    }
  });

  it("names what it is made from by digest", () => {
    const copied = stages.flatMap((stage) => instructionsOf(stage, "COPY")).map(({ flags }) => flags.from);
    const images = [...stages.map(({ base }) => base), ...copied].filter((from) => from?.includes("/"));
    expect(images).toHaveLength(4);
    for (const image of images) expect(image).toMatch(/:[^@/]+@sha256:[0-9a-f]{64}$/);
  });

  it("is built and run by the same major version of Node as the project's own", () => {
    const major = process.versions.node.split(".")[0];
    expect(readFileSync(dockerfile, "utf8").match(/^FROM .*node.*$/gm)).toEqual([
      expect.stringContaining(`/node:${major}-`),
      expect.stringContaining(`/nodejs${major}-`),
    ]);
  });
});

describe("the files of the image", () => {
  it("are the bundle, the page, the command, the licenses and the bill of materials, and nothing else", () => {
    expect(readdirSync(join(image.folder, "app")).sort()).toEqual([
      "LICENSE",
      "THIRD-PARTY-NOTICES.txt",
      "bin",
      "chunks",
      "download.py",
      "kserve-model-registry.js",
      "package.json",
      "sbom.cdx.json",
      "ui",
    ]);
  });

  it("have a CycloneDX bill of materials, with every package that the program and its page are made of", () => {
    const bill = JSON.parse(readFileSync(join(image.folder, "app/sbom.cdx.json"), "utf8")) as {
      bomFormat: string;
      components: { name: string; purl: string }[];
    };
    const { dependencies } = JSON.parse(readFileSync(join(projectDir, "package.json"), "utf8")) as {
      dependencies: Record<string, string>;
    };
    expect(bill.bomFormat).toBe("CycloneDX");
    expect(bill.components.map(({ purl }) => purl.replace("%40", "@").replace(/^pkg:npm\/|@[^@]*$/g, ""))).toEqual(
      expect.arrayContaining(Object.keys(dependencies)),
    );
    const names = bill.components.map(({ name }) => name);
    // Those of the page are bundled; nothing installs them.
    expect(names).toEqual(expect.arrayContaining(["react", "@patternfly/react-core", "@connectrpc/connect-web"]));
    expect(names).not.toContain("vitest");
  });

  it.runIf(isDebian12)("have a base whose packages take what is allowed for them", async () => {
    const described = await output("dpkg-query", ["--status", ...packagesOfBase]);
    const kibibytes = [...described.matchAll(/^Installed-Size: (\d+)$/gm)].map(([, size]) => Number(size));
    const total = kibibytes.reduce((sum, size) => sum + size, 0) / 1024;
    console.log(`image: packages of the base ${total.toFixed(1)} MiB`);
    expect(kibibytes).toHaveLength(packagesOfBase.length);
    expect(total).toBeLessThan(restOfBaseMiB);
  });

  it("and their base take at most 200 MiB", () => {
    const nodeMiB = sizeMiB(join(image.folder, "nodejs"));
    const filesMiB = sizeMiB(join(image.folder, "app"));
    console.log(
      `image: ${filesMiB.toFixed(1)} MiB of files, Node ${nodeMiB.toFixed(1)} MiB, rest of the base ${restOfBaseMiB} MiB at most`,
    );
    expect(filesMiB).toBeLessThan(16);
    expect(nodeMiB + filesMiB + restOfBaseMiB).toBeLessThan(200);
  });
});

describe("the files of the storage initializer's image", () => {
  const stage = stages.find(({ name }) => name === "storage-initializer")!;

  it("are the bundle, the downloader and what it needs, which start and fail as its entrypoint does", async () => {
    const root = join(folder, "initializer");
    copyInto(root, stage, image.source);
    expect(readdirSync(join(root, "app")).sort()).toEqual([
      "LICENSE",
      "THIRD-PARTY-NOTICES.txt",
      "chunks",
      "download.py",
      "kserve-model-registry.js",
      "package.json",
      "requirements.txt",
      "sbom.cdx.json",
    ]);
    const [node, program, ...args] = instructionsOf(stage, "ENTRYPOINT")[0]!.words;
    expect(node).toBe("/usr/local/bin/node");
    const start = (...more: string[]) =>
      run(process.execPath, [join(root, program!), ...args, ...more], {
        env: { MODEL_REGISTRY_BASE_URL: "127.0.0.1:1", MODEL_REGISTRY_TIMEOUT: "100ms" },
      });
    expect(await start("--help")).toMatchObject({ code: 0, stdout: expect.stringContaining("pairs of a source") });
    const failed = await start("model-registry://disk/1", join(root, "models"));
    expect(failed.code).toBe(1);
    expect(failed.stderr.trim().split("\n")).toEqual([expect.stringContaining("disk")]);
    expect(existsSync(join(root, "models"))).toBe(false);
  });

  it("are for the user that KServe gives volumes and secrets to, and have the downloader that the tests run", () => {
    expect(instructionsOf(stage, "USER")[0]!.words).toEqual(["1000:1000"]);
    const requirements = instructionsOf(stage, "COPY")[0]!.words[0]!;
    expect(readFileSync(join(projectDir, requirements), "utf8")).toMatch(/^kserve-storage==\d/m);
    const tested = readFileSync(join(projectDir, "test/peers/storage/requirements.txt"), "utf8");
    expect(tested).toContain(`\n-r ../../../${requirements}\n`);
  });
});

describe.runIf(process.getuid?.() === 0)("the image, run as a pod runs it", () => {
  it("answers to the command of Kubeflow's manifests", async () => {
    const ended = await runInImage(image, ["/model-registry", "proxy", "--datastore-type=embedmd"], {});
    expect(ended).toMatchObject({ status: 2, output: expect.stringContaining("no database: give --embedmd") });
  });

  it("serves a prediction as its own user on a read-only root, answers for its health, and stops in order", async () => {
    const upstream = await startFakeUpstream();
    upstream.onPredict("anomaly-detector", predict([-1]));
    const models = [{ name: "anomaly-detector", type: "anomaly", url: upstream.url }];
    const env = { PORT: "0", HOST: "127.0.0.1", KSERVE_MODEL_REGISTRY: JSON.stringify(models) };
    const container = startContainer(image, env);
    onTestFinished(async () => {
      if (container.child.exitCode === null) process.kill(container.pid(), "SIGKILL");
      await container.exit;
      await upstream.close();
    });
    const port = (): string | undefined => /"port":(\d+)/.exec(container.output())?.[1];
    await until(() => port() !== undefined || container.child.exitCode !== null, "the server listens", 20_000);
    expect(port(), container.output()).toBeDefined();

    const answer = await send("1.1", {
      url: `http://127.0.0.1:${port()}`,
      path: "/v1/models/anomaly-detector:predict",
      body: '{"instances":[[1]]}',
    });
    expect(answer).toMatchObject({ status: 200, body: '{"predictions":[-1]}' });

    expect(container.status("Uid")).toMatch(/^65532(\s+65532){3}$/);
    expect(container.status("CapEff")).toBe("0000000000000000");
    expect(container.status("NoNewPrivs")).toBe("1");
    expect(readFileSync(`/proc/${container.pid()}/mounts`, "utf8")).toMatch(/^\S+ \/ \S+ ro,nosuid,nodev/m);

    // As kubectl exec does.
    const { version } = JSON.parse(readFileSync(join(projectDir, "package.json"), "utf8")) as { version: string };
    const byName = await runInImage(image, ["kserve-model-registry", "--version"], {});
    expect(byName).toEqual({ status: 0, output: `${version}\n` });
    const listed = await runInImage(
      image,
      ["kserve-model-registry", "list", "--address", `http://127.0.0.1:${port()}`],
      {},
    );
    expect(listed).toMatchObject({ status: 0, output: expect.stringContaining("anomaly-detector") });

    const health = await runInImage(image, image.healthcheck, { PORT: port()! });
    expect(health).toEqual({ status: 0, output: "The server is serving\n" });

    process.kill(container.pid(), "SIGTERM");
    expect(await container.exit).toBe(0);
    expect(container.output()).toContain('"msg":"Stopped"');
    expect((await runInImage(image, image.healthcheck, { PORT: port()! })).status).toBe(1);
  });
});

describe.runIf(process.getuid?.() === 0)("the image, under a limit of memory", () => {
  it("reports it, and the half of it that its heap may take, and raises the alert by either", async () => {
    const limit = 768 * 2 ** 20;
    showMemoryLimit(image, limit);
    const env = {
      PORT: "0",
      HOST: "127.0.0.1",
      KSERVE_READINESS_INTERVAL: "0",
      KSERVE_MODEL_REGISTRY: '[{"name":"m","type":"anomaly","service":"m"}]',
    };
    const container = startContainer(image, env);
    onTestFinished(async () => {
      if (container.child.exitCode === null) process.kill(container.pid(), "SIGKILL");
      await container.exit;
    });
    const port = (): string | undefined => /"port":(\d+)/.exec(container.output())?.[1];
    await until(() => port() !== undefined || container.child.exitCode !== null, "the server listens", 20_000);
    const metrics = await readMetrics(`http://127.0.0.1:${port()}`);
    const [ofContainer, ofHeap] = ["kserve_registry_memory_limit_bytes", "kserve_registry_heap_limit_bytes"] as const;
    expect(metrics.get(ofContainer)).toBe(limit);
    expect(metrics.get(ofHeap)).toBe(limit / 2);

    const alerts = async (memoryRatio: number, without: string): Promise<string[]> => {
      const known = new Map([...metrics].filter(([series]) => series !== without));
      return await firing([up("a"), ...replayed(known, known, "a")], await rulesOf({ memoryRatio }));
    };
    for (const other of [ofHeap, ofContainer]) {
      expect(await alerts(0.01, other)).toEqual(["KServeModelRegistryMemory"]);
      expect(await alerts(0.9, other)).toEqual([]);
    }
  });
});

function sizeMiB(path: string): number {
  const files = readdirSync(path, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, file) => sum + statSync(join(file.parentPath, file.name)).size, 0) / 1024 ** 2;
}
