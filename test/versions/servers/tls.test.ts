import { chmodSync, chownSync, copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DatabaseTls, ServerOptions } from "../../../src/versions/database-options.ts";
import { openVersionStore } from "../../../src/versions/open-store.ts";
import { type Certificate, makeAuthority } from "../../support/certificates.ts";
import { asNobody, type DatabaseServer, scratchFolder } from "./database-server.ts";
import { newMysqlDatabase, queryMysql, startMariadb } from "./mysql-server.ts";
import { newPostgresDatabase, queryPostgres, startPostgres } from "./postgres-server.ts";

const user = "careful";

/** Each server lets the user in by a password only, and only over an encrypted connection. */
const servers = [
  {
    name: "PostgreSQL",
    start: async ({ certFile, keyFile }: Certificate) => {
      const server = await startPostgres("debian");
      const query = (text: string) => queryPostgres(server.options, text);
      for (const [name, value] of Object.entries({ ssl_cert_file: certFile, ssl_key_file: keyFile, ssl: "on" })) {
        await query(`alter system set ${name} = '${value}'`);
      }
      const [{ hba_file: file }] = (await query("show hba_file")) as [{ hba_file: string }];
      const rules = `hostssl all ${user} all scram-sha-256\nhost all ${user} all reject\n`;
      writeFileSync(file, rules + readFileSync(file, "utf8"));
      await query("select pg_reload_conf()");
      return server;
    },
    newDatabase: newPostgresDatabase,
    query: queryPostgres,
    create: (database: string, password: string) =>
      `create role ${user} login password '${password}'; alter database ${database} owner to ${user}`,
    change: (password: string) => `alter role ${user} password '${password}'`,
    disconnect: `select pg_terminate_backend(pid) from pg_stat_activity where usename = '${user}'`,
    refused: /no pg_hba.conf entry|pg_hba.conf rejects connection/,
  },
  {
    name: "MariaDB",
    start: ({ certFile, keyFile }: Certificate) => startMariadb([`--ssl-cert=${certFile}`, `--ssl-key=${keyFile}`]),
    newDatabase: newMysqlDatabase,
    query: queryMysql,
    create: (database: string, password: string) =>
      `create user ${user} identified by '${password}' require ssl; grant all on ${database}.* to ${user}`,
    change: (password: string) => `alter user ${user} identified by '${password}'`,
    disconnect: `kill user ${user}`,
    refused: /Access denied/,
  },
];

describe.each(servers)("$name", ({ start, newDatabase, query, create, change, disconnect, refused }) => {
  const folder = scratchFolder("certificates");
  const authority = makeAuthority(folder, "authority");
  const stranger = makeAuthority(folder, "stranger");
  const passwordFile = join(folder, "password");
  let server: DatabaseServer;
  let options: ServerOptions;
  const tls = (verify: DatabaseTls["verify"], caFile: string | undefined = authority.file): DatabaseTls => ({
    ...{ verify, caFile, certFile: undefined, keyFile: undefined },
  });

  beforeAll(async () => {
    // The certificate is for the name alone, and not for the address.
    const certificate = authority.issue("server", "DNS:localhost");
    if (asNobody.uid !== undefined) chownSync(certificate.keyFile, asNobody.uid, asNobody.gid);
    chmodSync(certificate.keyFile, 0o600);
    server = await start(certificate);
    const { database } = await newDatabase(server);
    await query(server.options, create(database, "s3cret-1"));
    writeFileSync(passwordFile, "s3cret-1\n");
    options = { ...server.options, host: "localhost", database, user, passwordFile, tls: tls("full") };
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  const open = async (changes: Partial<ServerOptions>) => {
    const lines: string[] = [];
    const store = await openVersionStore({ ...options, ...changes }, { log: (line) => lines.push(line) });
    const status = store.status();
    await store.close();
    expect(JSON.stringify([lines, status])).not.toContain("s3cret");
    return status;
  };

  it("is spoken to over an encrypted connection, and not without", async () => {
    expect((await open({})).state).toBe("ready");
    const status = await open({ tls: undefined });
    expect(status).toMatchObject({ state: "away", message: expect.stringMatching(refused) });
  });

  it.each([
    ["a certificate of another authority", "localhost", "stranger", { full: false, authority: false, none: true }],
    ["a certificate of another host", "127.0.0.1", "authority", { full: false, authority: true, none: true }],
  ] as const)("is told from one with %s, as far as that is to be checked", async (_, host, by, expected) => {
    const { file } = by === "authority" ? authority : stranger;
    for (const verify of ["full", "authority", "none"] as const) {
      const { state, message } = await open({ host, tls: tls(verify, file) });
      expect([verify, state]).toEqual([verify, expected[verify] ? "ready" : "away"]);
      if (!expected[verify]) expect(message).toMatch(/; look at DATABASE_TLS and DATABASE_CA_FILE/);
    }
  });

  it("names an authority's file that is not there", async () => {
    const { state, message } = await open({ tls: tls("full", join(folder, "missing.pem")) });
    expect([state, message]).toEqual(["away", expect.stringMatching(/ENOENT.*missing.pem.*DATABASE_CA_FILE/)]);
  });

  it("gets the new password on new connections, as soon as it is in the file", { timeout: 60_000 }, async () => {
    const caFile = join(folder, "ca.pem");
    copyFileSync(authority.file, caFile);
    const store = await openVersionStore({ ...options, tls: tls("full", caFile) });
    // An authority's file that is gone or broken later is taken as it was.
    rmSync(caFile);
    const { id } = await store.create("registeredModel", { fields: { name: "kept" } });
    await query(server.options, change("s3cret-2"));
    // The connections there are go on; those that come after them are refused until the file has the new one.
    await query(server.options, disconnect);
    await expect
      .poll(() => store.get("registeredModel", { id }).catch(({ reason }) => reason), { timeout: 10_000 })
      .toBe("DATABASE_UNAVAILABLE");
    writeFileSync(passwordFile, "s3cret-2\n");
    await expect
      .poll(async () => (await store.get("registeredModel", { id }).catch(() => undefined))?.id, { timeout: 30_000 })
      .toBe(id);
    await store.close();
  });
});
