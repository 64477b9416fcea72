import { readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { CachedFile } from "../../src/base/cached-file.ts";
import { Cancellation } from "../../src/base/cancellation.ts";
import { startService } from "../../src/compose/service.ts";
import { MemoryBudget } from "../../src/registry/memory-budget.ts";
import type { RegisteredModel, SourceKind } from "../../src/registry/model.ts";
import { createUpstream } from "../../src/upstream/by-protocol.ts";
import type { TlsClientFiles } from "../../src/upstream/http/tls-client.ts";
import { TlsClient } from "../../src/upstream/http/tls-client.ts";
import { TokenFile } from "../../src/upstream/http/token-file.ts";
import { makeCertificate, temporaryFolder } from "../support/certificates.ts";
import { clientOf, rows } from "../support/clients.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { answer, startFakeUpstream } from "../support/fake-upstream.ts";
import { send } from "../support/http-client.ts";
import { wayNamed } from "../support/predict-forms.ts";
import { registered } from "../support/registered.ts";
import { type Entry, environmentOf, model, startRegistry } from "../support/running-service.ts";
import { startTlsUpstream } from "../support/tls-upstream.ts";
import { until } from "../support/until.ts";

const noFiles: TlsClientFiles = { caFiles: [], certFile: undefined, keyFile: undefined };

/** Predicts and checks readiness without a server before it. */
function createPredictor(tls = noFiles) {
  const upstream = createUpstream({
    connectTimeoutMs: 2000,
    idleTimeoutMs: 10_000,
    maxResponseBytes: 1024,
    retries: { share: 0 },
    tls,
    memory: new MemoryBudget(Number.POSITIVE_INFINITY),
  });
  onTestFinished(() => upstream.close());
  const predict = async (one: RegisteredModel): Promise<string> => {
    const body = Buffer.from('{"instances":[[1]]}');
    const cancellation = new Cancellation<Error>();
    const answered = await upstream.predict({ model: one, body, headers: {}, cancellation, holder: undefined });
    return Buffer.from(answered.body).toString();
  };
  const readiness = (one: RegisteredModel) => upstream.checkReadiness(one, new Cancellation<Error>());
  return { predict, readiness };
}

function fileWith(text: string, name = "token"): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
}

describe("a model server that is reached by https", () => {
  it.each(["KSERVE_CA_FILE", "caFile"])("is trusted by %s", async (by) => {
    const certificate = makeCertificate(temporaryFolder(), "model-server");
    const { url, seen, close } = await startTlsUpstream(certificate);
    const entry: Entry = by === "caFile" ? { name: model, url, caFile: certificate.certFile } : { name: model, url };
    const env = by === "caFile" ? {} : { [by]: certificate.certFile };
    const service = await startRegistry({ models: [entry], env });
    const { body } = await send("1.1", { url: service.url, path: `/v1/models/${model}` });
    const { modelName } = await clientOf(wayNamed("grpc/2"), service.url).predict(rows(model, [1]));
    expect([modelName, body]).toEqual([model, JSON.stringify({ name: model, ready: true })]);
    expect(seen.map(({ path }) => path)).toEqual([`/v1/models/${model}`, `/v1/models/${model}:predict`]);
    close();
  });

  it("is not trusted without its authority, and asked once", async () => {
    const { url, seen } = await startTlsUpstream(makeCertificate(temporaryFolder(), "model-server"));
    const one = registered({ url });
    const { predict, readiness } = createPredictor();
    await expect(predict(one)).rejects.toMatchObject({
      reason: "MODEL_UNREACHABLE",
      message: expect.stringMatching(/its certificate was signed by a CA that is not trusted$/),
      failure: { attempts: 1, hint: expect.stringContaining("KSERVE_CA_FILE") },
    });
    expect(await readiness(one)).toMatchObject({
      state: "unreachable",
      reason: expect.stringContaining("not trusted"),
    });
    expect(seen).toEqual([]);
  });

  it("is not trusted under another name", async () => {
    const certificate = makeCertificate(temporaryFolder(), "model-server");
    const { url } = await startTlsUpstream(certificate, {}, "127.0.0.2");
    const one = registered({ url, caFile: certificate.certFile });
    await expect(createPredictor().predict(one)).rejects.toThrow("its certificate is for another name");
  });

  it.each(["for every model", "of an entry"])("is shown the client certificate %s", async (whose) => {
    const folder = temporaryFolder();
    const certificate = makeCertificate(folder, "model-server");
    const client = makeCertificate(folder, "registry");
    const { url, seen } = await startTlsUpstream(certificate, {
      requestCert: true,
      rejectUnauthorized: true,
      ca: readFileSync(client.certFile),
    });
    const ca = { caFiles: [certificate.certFile] };
    const both = { clientCertFile: client.certFile, clientKeyFile: client.keyFile };
    const [tls, entry] =
      whose === "of an entry"
        ? [{ ...noFiles, ...ca }, both]
        : [{ ...ca, certFile: client.certFile, keyFile: client.keyFile }, {}];
    expect(await createPredictor(tls).predict(registered({ url, ...entry }))).toBe('{"predictions":[1]}');
    expect(seen).toMatchObject([{ client: "registry" }]);
    await expect(createPredictor({ ...noFiles, ...ca }).predict(registered({ url }))).rejects.toMatchObject({
      reason: "MODEL_UNREACHABLE",
    });
  });
});

describe("the files of TLS", () => {
  it("are read again when they are replaced, for the connections that open from then on", async () => {
    const folder = temporaryFolder();
    const old = makeCertificate(folder, "old");
    const renewed = makeCertificate(folder, "renewed");
    const caFile = join(folder, "ca.crt");
    symlinkSync(old.certFile, caFile);
    const { url, seen } = await startTlsUpstream(renewed);
    const { predict } = createPredictor({ ...noFiles, caFiles: [caFile] });
    await expect(predict(registered({ url }))).rejects.toThrow("signed by a CA that is not trusted");
    symlinkSync(renewed.certFile, join(folder, "next"));
    renameSync(join(folder, "next"), caFile);
    await until(() => predict(registered({ url })).then(Boolean, () => false), "the new authority is trusted");
    expect(seen).toHaveLength(1);
  });

  it("stay in use while the new ones are invalid", () => {
    const folder = temporaryFolder();
    const { certFile, keyFile } = makeCertificate(folder, "client");
    let nowMs = 0;
    const client = new TlsClient(
      { caFiles: [], certFile, keyFile },
      { openFile: (path) => new CachedFile(path, undefined, () => nowMs) },
    );
    const context = client.context();
    writeFileSync(keyFile, "half a k");
    nowMs += 2000;
    expect(client.context()).toBe(context);
    const { keyFile: otherKey } = makeCertificate(folder, "other");
    writeFileSync(keyFile, readFileSync(otherKey));
    nowMs += 2000;
    expect(client.context()).toBe(context);
    writeFileSync(certFile, readFileSync(join(folder, "other.crt")));
    nowMs += 2000;
    expect(client.context()).not.toBe(context);
  });
});

describe("the token of an entry", () => {
  it("goes to its own model with predictions and readiness checks, and to no other", async () => {
    const upstream = await startFakeUpstream();
    const other = await startFakeUpstream();
    onTestFinished(async () => void (await Promise.all([upstream.close(), other.close()])));
    const { predict, readiness } = createPredictor();
    const own = registered({ url: upstream.url, tokenFile: fileWith("secret-1\n") });
    await predict(own);
    await readiness(own);
    await predict(registered({ name: "other", url: other.url }));
    await predict(registered({ name: "neighbour", url: upstream.url }));
    const sent = [...upstream.predictions, ...upstream.checks, ...other.predictions];
    expect(sent.map(({ path, headers }) => [path.split("/").pop(), headers.authorization])).toEqual([
      [`${model}:predict`, "Bearer secret-1"],
      ["neighbour:predict", undefined],
      [model, "Bearer secret-1"],
      ["other:predict", undefined],
    ]);
  });

  it.each([301, 302, 303, 307, 308])("does not follow a redirect with HTTP %i", async (status) => {
    const thief = await startFakeUpstream();
    const { url, upstream } = await startRegistry({ models: [{ name: model, tokenFile: fileWith("secret-1") }] });
    const location = `${thief.url}/v1/models/${model}:predict`;
    upstream.onPredict(model, answer(status, "", { location }));
    upstream.onReadiness(model, answer(status, "", { location }));
    const error = await errorOf(clientOf(wayNamed("grpc/2"), url).predict(rows(model, [1])));
    expect(partsOf(error)).toMatchObject({ reason: "MODEL_PATH_NOT_FOUND" });
    await send("1.1", { url, path: `/v1/models/${model}` });
    expect([upstream.predictions.length, upstream.checks.length]).toEqual([1, 1]);
    expect([thief.connections(), thief.predictions, thief.checks]).toEqual([0, [], []]);
    await thief.close();
  });

  it("is shown nowhere", async () => {
    const path = fileWith("secret-1");
    const service = await startRegistry({ models: [{ name: model, tokenFile: path }], logLevel: "trace" });
    service.upstream.onPredict(model, answer(401, { error: "no" }));
    const client = clientOf(wayNamed("connect-json/1.1"), service.url);
    const messages = [
      await client.getModel({ name: model }).then(({ model: one, entries }) => [one, entries]),
      (await send("1.1", { url: service.url, path: `/api/v1/models/${model}` })).body,
      (await send("1.1", { url: service.url, path: "/metrics" })).body,
      (await errorOf(client.predict(rows(model, [1])))).message,
    ];
    await until(() => service.log.calls().length >= 4);
    const text = JSON.stringify([messages, service.log.lines], (_key, value) =>
      typeof value === "bigint" ? String(value) : value,
    );
    expect(service.upstream.predictions[0]!.headers.authorization).toBe("Bearer secret-1");
    expect(text).not.toContain("secret-1");
  });

  it("is read again when its file is swapped as Kubernetes swaps it", () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "v1"), "one\n");
    writeFileSync(join(folder, "v2"), "two\n");
    const path = join(folder, "token");
    symlinkSync("v1", path);
    let nowMs = 0;
    const token = new TokenFile(path, new CachedFile(path, undefined, () => nowMs));
    expect(token.header()).toBe("Bearer one");
    symlinkSync("v2", join(folder, "next"));
    renameSync(join(folder, "next"), path);
    nowMs += 500;
    // Looked at once a second at most: no request costs a look at the disk.
    expect(token.header()).toBe("Bearer one");
    nowMs += 501;
    expect(token.header()).toBe("Bearer two");
    renameSync(path, join(folder, "gone"));
    nowMs += 2000;
    expect(token.header()).toBe("Bearer two");
  });

  it("is not read when it has no end", () => {
    expect(() => new TokenFile("/dev/zero").header()).toThrow("/dev/zero: it exceeds the limit of 4194304 bytes");
  });

  it.each<[string, () => string]>([
    ["is not there", () => join(temporaryFolder(), "token")],
    ["is empty", () => fileWith("\n")],
    ["holds more than a token", () => fileWith("secret-1 secret-2")],
    ["would break out of its header", () => fileWith("secret-1\r\nx-evil: 1")],
  ])("whose file %s keeps the model from being called, and says why", async (_title, path) => {
    const { url, upstream, log } = await startRegistry({ models: [{ name: model, tokenFile: path() }] });
    const client = clientOf(wayNamed("grpc/2"), url);
    const error = await errorOf(client.predict(rows(model, [1])));
    expect(partsOf(error)).toMatchObject({ code: "FailedPrecondition", reason: "MODEL_CREDENTIALS_UNREADABLE" });
    expect((await client.getModel({ name: model })).readiness).toMatchObject({
      reason: expect.stringMatching(/the credentials that its entry names cannot be read$/),
    });
    await until(() => log.calls().length >= 2);
    expect(JSON.stringify([error.message, error.rawMessage, log.lines])).not.toContain("secret-1");
    expect(upstream.connections()).toBe(0);
  });
});

describe("an entry that is not trusted", () => {
  it("may not name files of this process, whatever let it through", async () => {
    const thief = await startFakeUpstream();
    onTestFinished(() => thief.close());
    const one = { ...registered({ url: thief.url, tokenFile: fileWith("service-account") }), tenant: "tenant-a" };
    const { predict, readiness } = createPredictor();
    await expect(predict(one)).rejects.toMatchObject({
      reason: "MODEL_CREDENTIALS_UNREADABLE",
      message: expect.stringContaining("but its source is not trusted to do so"),
    });
    expect(await readiness(one)).toMatchObject({
      state: "unreachable",
      reason: expect.stringContaining("names credential files"),
    });
    expect(thief.connections()).toBe(0);
  });

  it.each<SourceKind>(["environment", "file", "config-map", "model-registration"])(
    "differs from a trusted one of the source %s",
    async (source) => {
      const upstream = await startFakeUpstream();
      onTestFinished(() => upstream.close());
      const { predict } = createPredictor();
      await predict(registered({ url: upstream.url, tokenFile: fileWith("secret-1") }, source));
      expect(upstream.predictions[0]!.headers.authorization).toBe("Bearer secret-1");
    },
  );
});

describe("a start", () => {
  it("with an entry whose file lies outside of the folders for them is refused", async () => {
    const tokenFile = "/var/run/secrets/kubernetes.io/serviceaccount/token";
    const env = environmentOf([{ name: model, tokenFile }], "http://127.0.0.1:1");
    await expect(startService(env)).rejects.toThrow(/tokenFile: expected a file below .*KSERVE_CREDENTIALS_DIRS/);
  });

  it.each<[string, (folder: string) => Record<string, string>]>([
    ["an authority that is not there", () => ({ KSERVE_CA_FILE: "/no/such/ca" })],
    ["an authority that is none", () => ({ KSERVE_CA_FILE: fileWith("no certificate") })],
    ["a certificate without a key", () => ({ KSERVE_CLIENT_CERT_FILE: fileWith("x") })],
    [
      "a key of another certificate",
      (folder) => ({
        KSERVE_CLIENT_CERT_FILE: makeCertificate(folder, "a").certFile,
        KSERVE_CLIENT_KEY_FILE: makeCertificate(folder, "b").keyFile,
      }),
    ],
  ])("with %s is refused", async (_title, files) => {
    const env = environmentOf([{ name: model }], "http://127.0.0.1:1", files(temporaryFolder()));
    await expect(startService(env)).rejects.toThrow(/KSERVE_(CA|CLIENT_CERT)_FILE/);
  });
});
