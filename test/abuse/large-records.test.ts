import { create, toBinary, toJsonString } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { RegisterVersionRequestSchema } from "../../gen/kserve/versions/v1/version_registry_pb.ts";
import { frame } from "../support/frame.ts";
import { httpVersions, send } from "../support/http-client.ts";
import { openRaw } from "../support/raw-connection.ts";
import { sendRpc, wireFormats } from "../support/raw-rpc.ts";
import { model } from "../support/running-service.ts";
import { abusedService } from "./abused-service.ts";

const KiB = 1024;
const abused = abusedService({
  env: {
    DATABASE_URL: "sqlite::memory:",
    MAX_BYTES_IN_MEMORY: "1MiB",
    MAX_REQUEST_SIZE: "1MiB",
    MAX_RECORD_SIZE: "256KiB",
  },
});
const collection = "/api/model_registry/v1/registered_models";
const method = "/kserve.versions.v1.VersionRegistry/RegisterVersion";
const headers = { "content-type": "application/json" };

const record = (name: string, bytes: number) => JSON.stringify({ name, readme: "x".repeat(bytes) });
const write = (version: (typeof httpVersions)[number], body: string) =>
  send(version, { url: abused.service.url, path: collection, headers, body });
const predict = (bytes: number) => {
  // More white space in one place is refused.
  const row = `[1]${" ".repeat(64 * KiB)}`;
  const rows = Array.from({ length: Math.ceil(bytes / row.length) }, () => row);
  const request = { url: abused.service.url, path: `/v1/models/${model}:predict`, headers };
  return send("1.1", { ...request, body: `{"instances":[${rows.join()}]}` });
};

describe("a record of more than MAX_RECORD_SIZE", () => {
  it.each(httpVersions)("is refused over REST and HTTP/%s", async (version) => {
    const answer = await write(version, record("too-large", 256 * KiB));
    expect(answer.status).toBe(413);
    expect(answer.body).toContain("larger than 262144 bytes (MAX_RECORD_SIZE)");
    expect((await write(version, record(`large-${version}`, 200 * KiB))).status).toBe(201);
  });

  it.each(wireFormats)("is refused over $name", async (format) => {
    const registered = (name: string, bytes: number) => {
      const value = { registeredModel: { name, readme: "x".repeat(bytes) }, modelVersion: { name: "1" } };
      const message = create(RegisterVersionRequestSchema, value);
      if (format.contentType === "application/json") return toJsonString(RegisterVersionRequestSchema, message);
      const bytesOf = toBinary(RegisterVersionRequestSchema, message);
      return format.protocol === "connect" ? bytesOf : frame(bytesOf);
    };
    const register = (name: string, bytes: number) =>
      sendRpc(format, { url: abused.service.url, path: method, body: registered(name, bytes) });
    const answer = await register("too-large", 256 * KiB);
    expect(answer).toMatchObject({ code: "ResourceExhausted", message: expect.stringContaining("MAX_RECORD_SIZE") });
    expect(await register(`large-${format.name}`, 200 * KiB)).toMatchObject({ code: "ok" });
  });

  it("is no limit for predictions", async () => {
    expect((await predict(512 * KiB)).status).toBe(200);
  });
});

describe("while large records arrive", () => {
  it("further ones that would be too much are refused at once, and neither small ones nor predictions", async () => {
    const body = record("arrives-slowly", 200 * KiB);
    const connection = await openRaw(abused.service.port);
    const head = `POST ${collection} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${body.length}`;
    connection.write(`${head}\r\n\r\n${body.slice(0, 1000)}`);
    const refused = await untilRefused();
    expect(refused.headers["retry-after"]).toBe("1");
    expect(refused.body).toContain("that write to the registry of versions would take more than 327680 bytes");
    expect((await write("1.1", record("small", 20 * KiB))).status).toBe(201);
    expect((await predict(512 * KiB)).status).toBe(200);
    connection.write(body.slice(1000));
    await connection.receives("HTTP/1.1 201 ");
    connection.destroy();
    expect((await write("1.1", record("afterwards", 200 * KiB))).status).toBe(201);
  });
});

/** Writes records until the one that arrives slowly has begun to. */
async function untilRefused() {
  for (let i = 0; ; i++) {
    const answer = await write("1.1", record(`before-${i}`, 150 * KiB));
    if (answer.status === 503) return answer;
    expect(answer.status).toBe(201);
  }
}
