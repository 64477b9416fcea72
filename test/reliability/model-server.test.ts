import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readExecutions } from "../../reliability/chaos/executions.ts";
import { type ModelServer, startModelServer } from "../../reliability/model-server/model-server.ts";
import { createRequestReader, type ModelRequest } from "../../reliability/model-server/request-reader.ts";
import { jsonOf, send } from "../support/http-client.ts";

describe("the reader of requests", () => {
  const text =
    "POST /v1/models/a:predict HTTP/1.1\r\nx-request-id: r1\r\nContent-Length: 4\r\n\r\nbodyGET / HTTP/1.1\r\n\r\n";
  const expected = [
    { method: "POST", path: "/v1/models/a:predict", requestId: "r1", body: Buffer.from("body") },
    { method: "GET", path: "/", requestId: "", body: Buffer.alloc(0) },
  ];

  it.each([1, 2, 7, text.length])("takes bytes apart that come %d at a time", (size) => {
    const requests: ModelRequest[] = [];
    const read = createRequestReader((request) => requests.push(request));
    for (let at = 0; at < text.length; at += size) read(Buffer.from(text.slice(at, at + size)));
    expect(requests).toEqual(expected);
  });
});

describe("the model server", () => {
  const folder = mkdtempSync(join(tmpdir(), "kserve-model-server-"));
  const executionsFile = join(folder, "executions");
  let server: ModelServer;

  beforeAll(async () => {
    server = await startModelServer({ models: ["healthy", "half-body", "refuse"], executionsFile });
  });
  afterAll(async () => {
    await server.kill();
    rmSync(folder, { recursive: true });
  });

  const predict = (model: string, id: string) =>
    send("1.1", {
      url: server.url(model),
      path: `/v1/models/${model}:predict`,
      headers: { "x-request-id": id },
      body: '{"instances":[[7,1],[NaN]]}',
    });

  it("predicts each row as its first number", async () => {
    expect(jsonOf(await predict("healthy", "good"))).toEqual({ predictions: [7, 0] });
    expect(jsonOf(await predict("half-body", "good-too"))).toEqual({ predictions: [7, 0] });
  });

  it("has its faults from when they are switched on until they are switched off", async () => {
    await server.setFaulty(true);
    await expect(predict("refuse", "never")).rejects.toThrow("ECONNREFUSED");
    expect(jsonOf(await predict("half-body", "first"))).toEqual({ predictions: [7, 0] });
    await expect(predict("half-body", "second")).rejects.toThrow("aborted");
    expect(jsonOf(await predict("healthy", "meanwhile"))).toEqual({ predictions: [7, 0] });
    await server.setFaulty(false);
    expect(jsonOf(await predict("refuse", "after"))).toEqual({ predictions: [7, 0] });
    expect(jsonOf(await predict("half-body", "after-too"))).toEqual({ predictions: [7, 0] });
  });

  it("notes every execution, and only those", () => {
    const executed = ["good", "good-too", "first", "second", "meanwhile", "after", "after-too"];
    expect(readExecutions([executionsFile])).toEqual(new Map(executed.map((id) => [id, 1])));
    expect(readFileSync(executionsFile, "utf8")).toContain("second half-body bad\n");
  });
});
