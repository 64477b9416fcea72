import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:http2";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { createListener } from "../../src/listen/listener.ts";
import { readTlsFiles, watchTlsFiles } from "../../src/listen/tls-files.ts";
import { type Certificate, makeCertificate, temporaryFolder } from "../support/certificates.ts";
import { expectNoSockets } from "../support/open-sockets.ts";
import { getHttp1, getHttp2, handshake } from "../support/tls-client.ts";
import { until } from "../support/until.ts";

const intervalMs = 20;

interface Watched {
  readonly port: number;
  readonly errors: readonly Error[];
  /** The common name of the certificate that a new connection gets. */
  commonName(): Promise<string>;
}

/** A port whose certificate is looked at every few milliseconds. */
async function listenAndWatch({ certFile, keyFile }: Certificate): Promise<Watched> {
  const errors: Error[] = [];
  const tls = readTlsFiles({ certFile, keyFile });
  const listener = createListener({ tls }, (_request, response) => response.end("ok"));
  const { port } = await listener.listen(0, "127.0.0.1");
  const unwatch = watchTlsFiles({ certFile, keyFile }, tls, listener.setTls, (error) => errors.push(error), {
    pollMs: intervalMs,
  });
  onTestFinished(async () => {
    await unwatch();
    await listener.close(200);
    await expectNoSockets();
  });
  return { port, errors, commonName: async () => (await handshake(port, ["h2"])).commonName };
}

/** A folder with `tls.crt` and `tls.key`. */
function folderWith(folder: string, source: Certificate): Certificate {
  mkdirSync(folder, { recursive: true });
  const files = { certFile: join(folder, "tls.crt"), keyFile: join(folder, "tls.key") };
  copyFileSync(source.certFile, files.certFile);
  copyFileSync(source.keyFile, files.keyFile);
  return files;
}

describe("a certificate", () => {
  it("that is written anew is used for new connections, and old ones go on", async () => {
    const root = temporaryFolder();
    const [first, second] = [makeCertificate(root, "first"), makeCertificate(root, "second")];
    const files = folderWith(join(root, "mounted"), first);
    const { port, commonName } = await listenAndWatch(files);
    const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
    await new Promise((resolve) => session.once("connect", resolve));
    expect(await commonName()).toBe("first");
    folderWith(join(root, "mounted"), second);
    await until(async () => (await commonName()) === "second", "the new certificate is used");
    expect((await getHttp1(port, "/")).status).toBe(200);
    expect((await getHttp2(port, "/")).status).toBe(200);
    const stream = session.request({ ":path": "/" });
    const status = await new Promise((resolve) => stream.once("response", (head) => resolve(head[":status"])));
    expect(status).toBe(200);
    session.destroy();
  });

  it("that Kubernetes swaps by a symbolic link is used", async () => {
    const root = temporaryFolder();
    folderWith(join(root, "..2024"), makeCertificate(root, "first"));
    folderWith(join(root, "..2025"), makeCertificate(root, "second"));
    symlinkSync("..2024", join(root, "..data"));
    const files = { certFile: join(root, "tls.crt"), keyFile: join(root, "tls.key") };
    symlinkSync("..data/tls.crt", files.certFile);
    symlinkSync("..data/tls.key", files.keyFile);
    const { commonName } = await listenAndWatch(files);
    expect(await commonName()).toBe("first");
    symlinkSync("..2025", join(root, "..data_tmp"));
    renameSync(join(root, "..data_tmp"), join(root, "..data"));
    await until(async () => (await commonName()) === "second", "the new certificate is used");
  });

  it.each<[string, (files: Certificate) => void]>([
    ["that is not a certificate", ({ certFile }) => writeFileSync(certFile, "no certificate")],
    ["that is empty", ({ certFile }) => writeFileSync(certFile, "")],
    ["that is gone", ({ certFile }) => rmSync(certFile)],
    ["whose key is another's", ({ keyFile }) => copyFileSync(makeCertificate(temporaryFolder(), "x").keyFile, keyFile)],
  ])("%s is reported once, and the last good one stays", async (_title, spoil) => {
    const root = temporaryFolder();
    const [first, second] = [makeCertificate(root, "first"), makeCertificate(root, "second")];
    const files = folderWith(join(root, "mounted"), first);
    const { commonName, errors } = await listenAndWatch(files);
    spoil(files);
    await until(() => errors.length > 0, "the problem is reported");
    expect(await commonName()).toBe("first");
    await sleep(3 * intervalMs);
    expect(errors).toHaveLength(1);
    folderWith(join(root, "mounted"), second);
    await until(async () => (await commonName()) === "second", "the next good one is used");
  });

  it("that comes before its key is used once both are there", async () => {
    const root = temporaryFolder();
    const [first, second] = [makeCertificate(root, "first"), makeCertificate(root, "second")];
    const files = folderWith(join(root, "mounted"), first);
    const { commonName } = await listenAndWatch(files);
    copyFileSync(second.certFile, files.certFile);
    await sleep(3 * intervalMs);
    expect(await commonName()).toBe("first");
    copyFileSync(second.keyFile, files.keyFile);
    await until(async () => (await commonName()) === "second", "the new certificate is used");
  });
});
