import { brotliCompressSync, gzipSync } from "node:zlib";
import type { ConnectError } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { PredictFailureSchema } from "../../gen/kserve/registry/v1/error_reason_pb.ts";
import { ModelState } from "../../gen/kserve/registry/v1/model_pb.ts";
import { clientOf, rows } from "../support/clients.ts";
import { errorOf, partsOf } from "../support/error-details.ts";
import { answer, type Behaviour } from "../support/fake-upstream.ts";
import { predictInstances, wayNamed } from "../support/predict-forms.ts";
import { model, startRegistry } from "../support/running-service.ts";
import { until } from "../support/until.ts";

const grpc = wayNamed("grpc/2");

/** Answers with the very bytes. */
function rawly(...pieces: readonly (string | Buffer)[]): Behaviour {
  return {
    run({ socket }) {
      const write = ([piece, ...rest]: readonly (string | Buffer)[]): void => {
        if (piece === undefined) return;
        socket.write(piece);
        setTimeout(() => write(rest), 5);
      };
      write(pieces);
    },
  };
}

const hintOf = (error: ConnectError): string => error.findDetails(PredictFailureSchema)[0]?.hint ?? "";

const body = '{"predictions":[1]}';
const whole = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

describe("a status of a model server", () => {
  it.each<[number, string, RegExp]>([
    [415, "MODEL_REJECTED_INPUT", /rejected the input \(HTTP 415\): words$/],
    [418, "MODEL_REJECTED_INPUT", /rejected the input \(HTTP 418\): words$/],
    [402, "MODEL_REJECTED_CREDENTIALS", /wants to be paid \(HTTP 402\): words$/],
    [407, "MODEL_REJECTED_CREDENTIALS", /is behind a proxy that requires credentials \(HTTP 407\): words$/],
    [404, "MODEL_PATH_NOT_FOUND", /\(HTTP 404\): words$/],
    [405, "MODEL_PATH_NOT_FOUND", /\(HTTP 405\): words$/],
    [410, "MODEL_PATH_NOT_FOUND", /\(HTTP 410\): words$/],
    [414, "MODEL_PATH_NOT_FOUND", /path of its entry as too long \(HTTP 414\): words$/],
    [421, "MODEL_PATH_NOT_FOUND", /under the host of its entry \(HTTP 421\): words$/],
    [426, "MODEL_PATH_NOT_FOUND", /requires another protocol \(HTTP 426\): words$/],
    [406, "MODEL_FAILED", /failed \(HTTP 406\): words$/],
    [409, "MODEL_FAILED", /failed \(HTTP 409\): words$/],
    [411, "MODEL_FAILED", /failed \(HTTP 411\): words$/],
    [412, "MODEL_FAILED", /failed \(HTTP 412\): words$/],
    [417, "MODEL_FAILED", /failed \(HTTP 417\): words$/],
    [424, "MODEL_FAILED", /failed \(HTTP 424\): words$/],
    [428, "MODEL_FAILED", /failed \(HTTP 428\): words$/],
    [431, "MODEL_FAILED", /refused the size of the header fields \(HTTP 431\): words$/],
    [451, "MODEL_FAILED", /withheld for legal reasons \(HTTP 451\): words$/],
    [499, "MODEL_FAILED", /failed \(HTTP 499\): words$/],
    [202, "MODEL_BAD_ANSWER", /its status is HTTP 202, and only 200 and 201 carry predictions\. It says: words$/],
    [204, "MODEL_BAD_ANSWER", /its status is HTTP 204, and it is empty$/],
    [206, "MODEL_BAD_ANSWER", /its status is HTTP 206/],
    [505, "MODEL_FAILED", /failed \(HTTP 505\): words$/],
  ])("of %i is recognized by its kind", async (status, reason, message) => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, answer(status, status === 204 ? "" : '{"error":"words"}'));
    const error = await errorOf(predictInstances(url, 1));
    expect(partsOf(error)).toMatchObject({ reason, failure: { upstreamStatus: status } });
    expect(error.rawMessage).toMatch(message);
  });

  it("of 201 carries predictions", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, answer(201, body));
    expect(await predictInstances(url, 1)).toEqual([1]);
    upstream.onPredict(model, answer(201, '{"id":1}'));
    expect(partsOf(await errorOf(predictInstances(url, 1)))).toMatchObject({
      reason: "MODEL_BAD_ANSWER",
      failure: { upstreamStatus: 201 },
    });
  });

  it.each<[string, string, RegExp, RegExp]>([
    ["https://m/v1/models/login-risk:predict", "MODEL_PATH_NOT_FOUND", /requires https/, /https:\/\//],
    ["https://sso.example/dex/auth?client_id=x", "MODEL_REJECTED_CREDENTIALS", /to a login page/, /tokenFile/],
    ["/oauth2/start?rd=%2Fv1%2Fmodels%2Fm", "MODEL_REJECTED_CREDENTIALS", /to a login page/, /tokenFile/],
    [
      "/v1/models/m/:predict",
      "MODEL_PATH_NOT_FOUND",
      /elsewhere, and redirects are not followed/,
      /Set the entry's url/,
    ],
  ])("that redirects to %s says so, and not where", async (location, reason, message, hint) => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, answer(302, "", { location }));
    const error = await errorOf(predictInstances(url, 1));
    expect(partsOf(error)).toMatchObject({ reason, failure: { upstreamStatus: 302 } });
    expect(error.rawMessage).toMatch(message);
    expect(error.rawMessage).not.toContain(location);
    expect(hintOf(error)).toMatch(hint);
  });

  it("of TensorFlow Serving, which has no such model, does not lead to a list that it has not", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, answer(404, { error: "Servable not found for request: Latest(m)" }));
    const hint = hintOf(await errorOf(predictInstances(url, 1)));
    expect(hint).toMatch(/--model_name/);
    expect(hint).not.toMatch(/lists at/);
  });

  it("of KServe's own server, which lists names with slashes and serves none, does not lead to its list", async () => {
    const { url, upstream } = await startRegistry({ models: [{ name: model, model: "team/fraud" }] });
    upstream.onPredict("team/fraud", answer(404, { detail: "Not Found" }));
    const hint = hintOf(await errorOf(predictInstances(url, 1)));
    expect(hint).toMatch(/use a name without/);
    expect(hint).not.toMatch(/lists at/);
  });

  it("gives a date to try again at", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, answer(503, "busy", { "retry-after": new Date(Date.now() + 20_000).toUTCString() }));
    const { retryMs } = partsOf(await errorOf(predictInstances(url, 1)));
    expect(retryMs).toBeGreaterThan(15_000);
    expect(retryMs).toBeLessThanOrEqual(20_000);
  });
});

describe("unsolicited interim responses", () => {
  it.each<[string, readonly string[]]>([
    ["100 Continue", ["HTTP/1.1 100 Continue\r\n\r\n", whole]],
    ["100 Continue in the same piece", [`HTTP/1.1 100 Continue\r\n\r\n${whole}`]],
    ["100 Continue in pieces", ["HTTP/1.1 ", "10", "0 Continue\r\nx: y\r", "\n\r", "\n", whole]],
    ["100 Continue without words, twice", [`HTTP/1.1 100 \r\n\r\nHTTP/1.1 100\r\n\r\n`, whole]],
    ["103 Early Hints", ["HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n", whole]],
    ["102 Processing, then 100 Continue", ["HTTP/1.1 102 Processing\r\n\r\n", `HTTP/1.1 100 Continue\r\n\r\n${whole}`]],
  ])("are skipped: %s", async (_title, pieces) => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, rawly(...pieces));
    for (let i = 0; i < 2; i++) expect(await predictInstances(url, 1)).toEqual([1]);
    expect(upstream.connections()).toBe(1);
  });

  it("are not looked for within a body", async () => {
    const { url, upstream } = await startRegistry();
    const text = `{"predictions":["HTTP/1.1 100 Continue\\r\\n"]}`;
    const head = `HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n`;
    const at = text.indexOf("HTTP");
    upstream.onPredict(model, rawly(head, text.slice(0, at), text.slice(at)));
    expect(await predictInstances(url, 1)).toEqual(["HTTP/1.1 100 Continue\r\n"]);
  });

  it("do not go on for ever", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, rawly(`HTTP/1.1 100 Continue\r\nx: ${"y".repeat(20_000)}`));
    expect(partsOf(await errorOf(predictInstances(url, 1))).reason).toMatch(/MODEL_BAD_ANSWER|MODEL_UNREACHABLE/);
  });
});

describe("an answer that is compressed", () => {
  const gzip = { "content-encoding": "gzip" };

  it("is asked not to be", async () => {
    const { url, upstream } = await startRegistry();
    await predictInstances(url, 1);
    expect(upstream.predictions[0]?.headers["accept-encoding"]).toBe("identity");
  });

  it.each(["gzip", "GZIP", "x-gzip"])("is read where it is %s", async (encoding) => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, answer(200, gzipSync(body), { "content-encoding": encoding }));
    expect(await predictInstances(url, 1)).toEqual([1]);
  });

  it("is read where it is an error", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, answer(500, gzipSync('{"error":"words"}'), gzip));
    expect((await errorOf(predictInstances(url, 1))).rawMessage).toMatch(/failed \(HTTP 500\): words$/);
  });

  it("is limited to KSERVE_MAX_RESPONSE_SIZE while it is decompressed", async () => {
    const { url, upstream } = await startRegistry({ env: { KSERVE_MAX_RESPONSE_SIZE: "1MiB" } });
    upstream.onPredict(model, answer(200, gzipSync(`{"predictions":["${"x".repeat(100_000_000)}"]}`), gzip));
    const error = await errorOf(predictInstances(url, 1));
    expect(partsOf(error).reason).toBe("MODEL_BAD_ANSWER");
    expect(error.rawMessage).toMatch(/larger than KSERVE_MAX_RESPONSE_SIZE/);
  });

  it.each<[string, Buffer, RegExp]>([
    ["br", brotliCompressSync(body), /it is encoded as br, although an unencoded response was requested$/],
    ["gzip, gzip", gzipSync(gzipSync(body)), /it is encoded as gzip, gzip/],
    ["gzip", Buffer.from(body), /it claims to be encoded as gzip, but is not$/],
    ["gzip", gzipSync(body).subarray(0, 20), /it claims to be encoded as gzip, but is not$/],
  ])("is named where it cannot be read: %s", async (encoding, bytes, message) => {
    const { url, upstream } = await startRegistry();
    upstream.onPredict(model, answer(200, bytes, { "content-encoding": encoding }));
    const error = await errorOf(predictInstances(url, 1));
    expect(partsOf(error)).toMatchObject({ reason: "MODEL_BAD_ANSWER", failure: { upstreamBody: "" } });
    expect(error.rawMessage).toMatch(message);
  });
});

describe("a server that cannot be asked whether it is ready", () => {
  const stateOf = async (url: string) => (await clientOf(grpc, url).getModel({ name: model })).model?.state;
  const waiting = { ...rows(model, [1]), waitForReady: true };

  it("with 405 is called, and is ready after a good prediction", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onReadiness(model, answer(405, ""));
    expect(await stateOf(url)).toBe(ModelState.UNKNOWN);
    await clientOf(grpc, url).predict(waiting);
    await until(async () => (await stateOf(url)) === ModelState.READY);
  });

  it("with 404 is ready after a good prediction", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onReadiness(model, answer(404, { detail: "Not Found" }));
    expect(await stateOf(url)).toBe(ModelState.NOT_READY);
    await clientOf(grpc, url).predict(rows(model, [1]));
    expect(await stateOf(url)).toBe(ModelState.READY);
  });

  it("until its first prediction gets one of those that wait", async () => {
    const { url, upstream } = await startRegistry();
    upstream.onReadiness(model, answer(503, { error: "not loaded" }));
    await stateOf(url);
    await clientOf(grpc, url).predict(waiting);
    expect(upstream.predictions).toHaveLength(1);
    expect(await stateOf(url)).toBe(ModelState.READY);
  });
});
