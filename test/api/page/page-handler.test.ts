import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, brotliDecompressSync, gunzipSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { beginCall } from "../../../src/api/call.ts";
import { readPageFiles } from "../../../src/api/page/page-files.ts";
import { createPageHandler } from "../../../src/api/page/page-handler.ts";
import { type PlainResponse, send } from "../../support/http-client.ts";

const script = 'console.log("page");\n'.repeat(100);
const folder = mkdtempSync(join(tmpdir(), "page-"));
mkdirSync(join(folder, "page/assets"), { recursive: true });
writeFileSync(join(folder, "secret.js"), "secret");
writeFileSync(join(folder, "page/index.html"), '<link href="./assets/a-1.css"><script src="./assets/a-1.js"></script>');
writeFileSync(join(folder, "page/icon.svg"), "<svg/>");
writeFileSync(join(folder, "page/unknown.sh"), "#!/bin/sh");
writeFileSync(join(folder, "page/assets/a-1.js"), script);
writeFileSync(join(folder, "page/assets/a-1.js.br"), brotliCompressSync(script));
writeFileSync(join(folder, "page/assets/a-1.js.gz"), gzipSync(script));
writeFileSync(join(folder, "page/assets/a-1.css"), "a{}");

/** Whatever is none of the page's. */
const elsewhere = "not the page";
const handle = createPageHandler(readPageFiles(join(folder, "page"))!);
const server = createServer((request, response) => {
  const path = request.url!.split("?", 1)[0]!;
  if (!handle(request, response, beginCall(request, undefined), path)) response.end(elsewhere);
});
let url = "";

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}, method = "GET"): Promise<PlainResponse> =>
  send("1.1", { url, path, headers, method, encoding: "latin1" });

describe("the page", () => {
  it.each([
    ["a browser that asks for /", "/", { accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8" }],
    ["a path without its slash", "/ui", {}],
  ])("sends %s to ui/, relative to where it is", async (_, path, headers) => {
    const answer = await get(path, headers);
    expect([answer.status, answer.headers.location]).toEqual([302, "ui/"]);
  });

  it.each([
    ["/", {}],
    ["/", { accept: "*/*" }],
    ["/", { accept: "application/json, text/html;q=0" }],
    ["/uix", { accept: "text/html" }],
    ["/v1/models", { accept: "text/html" }],
  ])("leaves %s with %j to others", async (path, headers) => {
    expect((await get(path, headers)).body).toBe(elsewhere);
  });

  it.each([
    ["/ui/", "./assets/"],
    ["/ui/?q=1", "./assets/"],
    ["/ui/index.html", "./assets/"],
    ["/ui/models", "./assets/"],
    ["/ui/models/", "./../assets/"],
    ["/ui/models/spoke-1%2Fanomaly-detector", "./../assets/"],
    ["/ui/registered/a/versions/1.2.0", "./../../../assets/"],
    ["/ui/unknown.sh", "./assets/"],
    ["/ui/%2e%2e/secret.js", "./../assets/"],
  ])("answers the view %s with the document, whose files are at %s", async (path, assets) => {
    const answer = await get(path);
    expect([answer.status, answer.headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    expect(answer.body).toContain(`src="${assets}a-1.js"`);
    expect(answer.headers["cache-control"]).toBe("no-cache");
  });

  it("lets nothing inline, nothing from elsewhere and no foreign frame in", async () => {
    const { headers } = await get("/ui/");
    const policy = String(headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("trusted-types 'none'");
    expect(policy).toContain("frame-ancestors 'self'");
    expect(policy).not.toContain("unsafe");
    expect(headers["x-content-type-options"]).toBe("nosniff");
  });

  it.each([
    ["br, gzip", "br", (bytes: Buffer) => brotliDecompressSync(bytes)],
    ["gzip", "gzip", (bytes: Buffer) => gunzipSync(bytes)],
    ["br;q=0, gzip", "gzip", (bytes: Buffer) => gunzipSync(bytes)],
    ["identity", undefined, (bytes: Buffer) => bytes],
  ])("sends a file to who takes %s as %s, to be kept for good", async (accepted, encoding, read) => {
    const { headers, body } = await get("/ui/assets/a-1.js", { "accept-encoding": accepted });
    expect(headers["content-encoding"]).toBe(encoding);
    expect(read(Buffer.from(body, "latin1")).toString()).toBe(script);
    expect(headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(headers.vary).toBe("accept-encoding");
  });

  it.each(["/ui/", "/ui/icon.svg", "/ui/assets/a-1.js"])("does not send %s again to who has it", async (path) => {
    const { etag = "" } = (await get(path)).headers;
    const again = await get(path, { "if-none-match": `"other", W/${etag}` });
    expect([again.status, again.body, again.headers.etag]).toEqual([304, "", etag]);
    expect((await get(path, { "if-none-match": '"other"' })).status).toBe(200);
  });

  it.each(["/ui/", "/ui/assets/a-1.js"])("answers HEAD %s with the length alone", async (path) => {
    const whole = await get(path);
    const head = await get(path, {}, "HEAD");
    expect([head.status, head.body, head.headers["content-length"]]).toEqual([
      200,
      "",
      whole.headers["content-length"],
    ]);
  });

  it.each(["POST", "PUT", "DELETE", "OPTIONS"])("refuses %s", async (method) => {
    const answer = await get("/ui/", {}, method);
    expect([answer.status, answer.headers.allow]).toEqual([405, "GET, HEAD"]);
  });

  it.each([
    "/ui/assets/",
    "/ui/assets/b.js",
    "/ui/assets/a-1.js.br",
    "/ui/../secret.js",
    "/ui/..%2fsecret.js",
    "/ui/assets/../../secret.js",
    "/ui/..\\secret.js",
    "/ui//etc/passwd",
    "/ui/assets/%00",
    `/ui${"/a".repeat(20)}`,
  ])("has nothing at %s", async (path) => {
    const answer = await get(path);
    expect(answer.status).toBe(404);
    expect(answer.body).not.toContain("secret");
  });
});

describe("readPageFiles", () => {
  it("finds no page where none was built", () => {
    expect(readPageFiles(join(folder, "nowhere"))).toBeUndefined();
    expect(readPageFiles(join(folder, "page/assets"))).toBeUndefined();
  });
});
