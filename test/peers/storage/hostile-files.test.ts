/** Buckets and servers of files that KServe's own downloader is not to be led astray by. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { programs, projectDir } from "../support/paths.ts";
import { run } from "../support/run.ts";

/** Serves a bucket whose objects have these keys. */
function bucketOf(keys: readonly string[]): RequestListener {
  return ({ method, url }, response) => {
    if (method === "HEAD" && url === "/models") response.end();
    else if (url?.startsWith("/models?") === true) {
      const contents = keys.map((key) => `<Contents><Key>${key}</Key><Size>7</Size></Contents>`).join("");
      response.setHeader("content-type", "application/xml");
      response.end(
        `<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>${contents}</ListBucketResult>`,
      );
    } else {
      response.writeHead(200, { etag: '"1"', "last-modified": "Wed, 21 Oct 2015 07:28:00 GMT", "content-length": 7 });
      response.end(method === "HEAD" ? undefined : "weights");
    }
  };
}

/** Runs the storage initializer on a server of files, in a folder beside which there is another. */
async function initialize(
  listener: RequestListener,
  source: (url: string) => string,
  more: (url: string) => Readonly<Record<string, string>> = () => ({}),
) {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const folder = mkdtempSync(join(tmpdir(), "kserve-model-registry-hostile-"));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    rmSync(folder, { recursive: true });
  });
  mkdirSync(join(folder, "others"));
  writeFileSync(join(folder, "others/model.bin"), "of others");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = {
    STORAGE_INITIALIZER_PYTHON: programs.storagePython,
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: "reader",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_DEFAULT_REGION: "us-east-1",
    ...more(url),
  };
  const args = [join(projectDir, "src/main.ts"), "storage-initializer", source(url), join(folder, "models")];
  const outcome = await run(process.execPath, args, { env });
  const below = (name: string) => (existsSync(join(folder, name)) ? readdirSync(join(folder, name)).sort() : []);
  return { ...outcome, all: below(".").join(), models: below("models"), others: below("others") };
}

it.each([
  ["m/../../../others/stolen.bin", "m/model.bin"],
  ["m/a/../../../../others/new/stolen.bin", "m/model.bin"],
  ["m/model.bin", "m/../../../stolen.bin"],
])("writes nothing out of the folder for the objects %s and %s", async (...keys) => {
  const outcome = await initialize(bucketOf(keys), () => "s3://models/m");
  expect(outcome).toMatchObject({ code: 1, all: "models,others", models: [], others: ["model.bin"] });
  expect(outcome.stderr).toContain("leads out of their folder");
});

it("brings objects whose names only look like that", async () => {
  const outcome = await initialize(bucketOf(["m/..a/model..bin", "m/a/../b"]), () => "s3://models/m");
  expect(outcome).toMatchObject({ code: 0, models: ["..a", "a", "b"], others: ["model.bin"] });
});

it.each([
  "http://[64:ff9b:1::a9fe:a9fe]/model.bin",
  "http://[64:ff9b:1:a9fe:a9:fe00::]/model.bin",
  "http://[::ffff:0:169.254.169.254]/model.bin",
])("follows no redirect to %s", async (location) => {
  const redirect: RequestListener = (_, response) => response.writeHead(302, { location }).end();
  const outcome = await initialize(redirect, (url) => `${url}/model.bin`);
  expect(outcome).toMatchObject({ code: 1, models: [] });
  expect(outcome.stderr).toContain("is link-local or a metadata service");
});

it("clones no repository that a redirect leads to beyond what is allowed", async () => {
  const asked: string[] = [];
  const redirect: RequestListener = ({ url = "" }, response) => {
    asked.push(url.replace(/\?.*/, ""));
    response.writeHead(302, { location: url.replace("/allowed/", "/elsewhere/") }).end();
  };
  const outcome = await initialize(
    redirect,
    // Whatever has such a text in it is taken for a repository.
    (url) => `${url}/allowed/disk?from=https://git.example/disk.git`,
    (url) => ({ ALLOWED_ARTIFACT_URI_PREFIXES: `${url}/allowed/` }),
  );
  expect(outcome).toMatchObject({ code: 1, models: [] });
  expect(outcome.stderr).toContain("which is not among ALLOWED_ARTIFACT_URI_PREFIXES");
  expect(asked).not.toContainEqual(expect.stringContaining("/elsewhere/"));
});
