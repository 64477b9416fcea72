import { describe, expect, it } from "vitest";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { model, startRegistry } from "../support/running-service.ts";

const registry = "/kserve.registry.v1.ModelRegistry";
const body = `{"name":"${model}","instances":[[1]]}`;

interface Row {
  readonly title: string;
  readonly method?: string;
  readonly path?: string;
  readonly contentType?: string;
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const rows: readonly Row[] = [
  {
    title: "what curl -d sends",
    contentType: "application/x-www-form-urlencoded",
    status: 415,
    message: "content-type application/x-www-form-urlencoded is not supported; send content-type: application/json",
    headers: { "accept-post": "application/json, application/proto, application/grpc, application/grpc-web+proto" },
  },
  {
    title: "a type that nobody speaks",
    contentType: "text/xml",
    status: 415,
    message: "content-type text/xml is not supported; send content-type: application/json",
  },
  {
    title: "another charset",
    contentType: "application/json; charset=latin1",
    status: 415,
    message:
      "content-type application/json; charset=latin1 is not supported; send content-type: application/json, as UTF-8",
  },
  {
    title: "a unary body to a stream",
    path: `${registry}/WatchModels`,
    contentType: "application/json",
    status: 415,
    message: "content-type application/json is not supported; send content-type: application/connect+json",
  },
  {
    title: "a stream to a unary method",
    contentType: "application/connect+json",
    status: 415,
    message: "content-type application/connect+json is not supported; send content-type: application/json",
  },
  {
    title: "the text mode of gRPC-Web",
    contentType: "application/grpc-web-text",
    status: 415,
    message:
      "content-type application/grpc-web-text is not supported: gRPC-Web is supported only in binary; generate the client with mode=grpcweb, or send content-type: application/grpc-web+proto",
  },
  {
    title: "GET of what has effects",
    method: "GET",
    status: 405,
    message: "GET is not allowed here; use POST",
    headers: { allow: "POST" },
  },
  {
    title: "PUT",
    method: "PUT",
    path: `${registry}/ListModels`,
    contentType: "application/json",
    status: 405,
    message: "PUT is not allowed here; use POST or GET",
    headers: { allow: "POST, GET" },
  },
  {
    title: "GET without a message",
    method: "GET",
    path: `${registry}/ListModels`,
    status: 415,
    message: "The query names no encoding of its message; send ?encoding=json&message=%7B%7D",
  },
];

describe.each(httpVersions)("an RPC over HTTP/%s", (version) => {
  it.each(rows)("refuses $title with a body, a reason and what helps", async (row) => {
    const { method = "POST", path = `${registry}/Predict`, contentType, status, message, headers = {} } = row;
    const { url, log } = await startRegistry();
    const answer = await send(version, {
      url,
      path,
      method,
      ...(contentType === undefined ? {} : { headers: { "content-type": contentType } }),
      ...(method === "GET" ? {} : { body }),
    });
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({ "content-type": "application/json", ...headers });
    expect(jsonOf(answer)).toMatchObject({
      code: "invalid_argument",
      message,
      details: [{ type: "google.rpc.ErrorInfo", debug: { reason: "INVALID_REQUEST" } }],
    });
    expect(log.calls()[0]).toMatchObject({ reason: "INVALID_REQUEST", outcome: "invalid_argument" });
  });

  it("takes a GET with the message that the refusal suggests", async () => {
    const { url } = await startRegistry();
    const path = `${registry}/ListModels?encoding=json&message=%7B%7D`;
    expect((await send(version, { url, path, method: "GET" })).status).toBe(200);
  });

  it.each([
    'application/json; charset="utf-8"',
    "application/json;charset=UTF-8",
    "application/json ; charset=utf8",
    "application/json",
  ])("takes %s as JSON", async (contentType) => {
    const { url } = await startRegistry();
    const answer = await send(version, {
      url,
      path: `${registry}/Predict`,
      method: "POST",
      headers: { "content-type": contentType },
      body,
    });
    expect([answer.status, jsonOf(answer)]).toEqual([200, { predictions: [0], modelName: model }]);
  });
});
