import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:http2";
import { request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { namesOf } from "../../src/access/client-certificate.ts";
import type { Env } from "../../src/config/config.ts";
import { makeCertificate, makeAuthority as signingAuthority, temporaryFolder } from "../support/certificates.ts";
import { model, type RunningService, startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";

interface Credentials {
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** An authority, and what a client shows of certificates that it signs. */
function makeAuthority(folder: string, name: string) {
  const { file, issue } = signingAuthority(folder, name);
  return {
    file,
    issue(...about: Parameters<typeof issue>): Credentials {
      const { certFile, keyFile } = issue(...about);
      return { cert: readFileSync(certFile), key: readFileSync(keyFile) };
    },
  };
}

function start(folder: string, caFile: string, env: Env = {}): Promise<RunningService> {
  const { certFile, keyFile } = makeCertificate(folder, "server");
  const tls = { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile, TLS_CLIENT_CA_FILE: caFile };
  return startRegistry({ env: { ...tls, ...env } });
}

function get1(port: number, path: string, credentials: Credentials): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path, agent: false, rejectUnauthorized: false, ...credentials };
    const asked = request(options, (response) => {
      response.resume().on("end", () => resolve(response.statusCode ?? 0));
    });
    asked.on("error", reject);
    asked.end();
  });
}

function get2(port: number, path: string, credentials: Credentials): Promise<number> {
  return new Promise((resolve, reject) => {
    const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false, ...credentials });
    session.on("error", reject);
    const stream = session.request({ ":path": path });
    let status = 0;
    stream.on("response", (head) => {
      status = Number(head[":status"]);
    });
    text(stream).then(() => {
      session.close();
      resolve(status);
    }, reject);
  });
}

const path = `/api/v1/models/${model}`;

describe.each([
  ["1.1", get1],
  ["2", get2],
] as const)("mutual TLS over HTTP/%s", (_version, get) => {
  it("accepts clients with a certificate of the authorities, and others only on open paths", async () => {
    const folder = temporaryFolder();
    const [ours, others] = [makeAuthority(folder, "ours"), makeAuthority(folder, "others")];
    const { port, log } = await start(folder, ours.file);
    expect(await get(port, path, ours.issue("ada", "DNS:ada.example"))).toBe(200);
    expect(await get(port, path, {})).toBe(401);
    expect(await get(port, path, others.issue("ada", "DNS:ada.example"))).toBe(401);
    expect([await get(port, "/livez", {}), await get(port, "/metrics", {})]).toEqual([200, 200]);
    // Probes are logged at debug.
    await until(() => log.calls().length === 3);
    expect(log.calls()[0]).toMatchObject({ outcome: "200", caller: "ada.example" });
  });

  it("lets in the names of TLS_CLIENT_NAMES alone", async () => {
    const folder = temporaryFolder();
    const ours = makeAuthority(folder, "ours");
    const names = "spiffe://cluster.local/ns/ops/sa/ada, grace";
    const { port } = await start(folder, ours.file, { TLS_CLIENT_NAMES: names });
    expect(await get(port, path, ours.issue("x", "DNS:x,URI:spiffe://cluster.local/ns/ops/sa/ada"))).toBe(200);
    expect(await get(port, path, ours.issue("grace", "DNS:y"))).toBe(200);
    expect(await get(port, path, ours.issue("z", "DNS:z,URI:spiffe://cluster.local/ns/ops/sa/ada/x"))).toBe(403);
    expect(await get(port, path, ours.issue("graceful", "DNS:grace.example"))).toBe(403);
  });

  it("reads the authorities again when they change", { timeout: 15_000 }, async () => {
    const folder = temporaryFolder();
    const [first, second] = [makeAuthority(folder, "first"), makeAuthority(folder, "second")];
    const file = join(folder, "ca.pem");
    writeFileSync(file, readFileSync(first.file));
    const { port, log } = await start(folder, file);
    const [ada, grace] = [first.issue("ada", "DNS:ada"), second.issue("grace", "DNS:grace")];
    expect([await get(port, path, ada), await get(port, path, grace)]).toEqual([200, 401]);
    writeFileSync(file, readFileSync(second.file));
    await until(() => log.lines.some(({ msg }) => msg.includes("reloaded")), "the files are read again", 10_000);
    expect([await get(port, path, ada), await get(port, path, grace)]).toEqual([401, 200]);
  });
});

describe("the names of a certificate", () => {
  const subject = { CN: "ada" } as never;

  it.each<[string | undefined, string[]]>([
    [undefined, ["ada"]],
    ["DNS:a.example, URI:spiffe://x/y, email:a@example", ["a.example", "spiffe://x/y", "a@example", "ada"]],
    ["IP Address:127.0.0.1, DirName:CN = root, DNS:a", ["a", "ada"]],
    // What looks like a second name is one.
    ['URI:"http://x/, DNS:admin"', ["http://x/, DNS:admin", "ada"]],
    ['DNS:"a\\"b", DNS:c', ['a"b', "c", "ada"]],
    ["no form at all", ["ada"]],
    ['DNS:"unclosed', ["ada"]],
  ])("%j are %j", (subjectaltname, expected) => {
    expect(namesOf({ subject, ...(subjectaltname === undefined ? {} : { subjectaltname }) })).toEqual(expected);
  });

  it("leave out a common name that is several", () => {
    expect(namesOf({ subject: { CN: ["a", "b"] } as never })).toEqual([]);
  });
});
