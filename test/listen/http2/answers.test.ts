import http2, { type ClientHttp2Session, type IncomingHttpHeaders } from "node:http2";
import { buffer, text } from "node:stream/consumers";
import { expect, it, onTestFinished } from "vitest";
import type { RequestHandler } from "../../../src/api/http.ts";
import { createListener } from "../../../src/listen/listener.ts";

async function clientOf(handler: RequestHandler): Promise<ClientHttp2Session> {
  const listener = createListener({}, handler);
  const { port } = await listener.listen(0, "127.0.0.1");
  const session = http2.connect(`http://127.0.0.1:${port}`);
  onTestFinished(async () => {
    session.destroy();
    await listener.close(0);
  });
  return session;
}

async function ask(session: ClientHttp2Session, headers: Record<string, string>, content?: string) {
  const stream = session.request({ ":method": "POST", ":path": "/", ...headers }, { endStream: content === undefined });
  const heads: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders | undefined;
  let interim = 0;
  stream.on("headers", () => interim++);
  stream.on("response", (head) => Object.assign(heads, head));
  stream.on("trailers", (last) => {
    trailers = last;
  });
  if (content !== undefined) stream.end(content);
  const body = (await buffer(stream)).toString();
  return { status: heads[":status"], heads, trailers, body, interim };
}

it("an answer has its headers, each value of one that has several, and a date", async () => {
  const session = await clientOf((_request, response) => {
    response.setHeader("Content-Length", 2);
    response.setHeader("set-cookie", ["a=1", "b=2"]);
    response.writeHead(201, { "x-more": "yes" });
    response.end("hi");
  });
  const { heads, body, trailers } = await ask(session, {});
  expect(heads).toMatchObject({ ":status": 201, "content-length": "2", "set-cookie": ["a=1", "b=2"], "x-more": "yes" });
  expect(heads.date).toMatch(/GMT$/);
  expect(body).toBe("hi");
  expect(trailers).toBeUndefined();
});

it.each(["before its body", "while its body is written"])(
  "an answer has the trailers that are added %s",
  async (when) => {
    const session = await clientOf((_request, response) => {
      if (when === "before its body") response.addTrailers({ "grpc-status": "0" });
      response.write("some");
      response.addTrailers({ "grpc-message": "fine" });
      response.end(" more");
    });
    const { body, trailers } = await ask(session, {});
    expect(body).toBe("some more");
    expect(trailers).toMatchObject({
      ...(when === "before its body" && { "grpc-status": "0" }),
      "grpc-message": "fine",
    });
  },
);

it("an answer without a body has its trailers all the same", async () => {
  const session = await clientOf((_request, response) => {
    response.addTrailers({ "grpc-status": "5" });
    response.end();
  });
  expect(await ask(session, {})).toMatchObject({ status: 200, body: "", trailers: { "grpc-status": "5" } });
});

it("an answer to HEAD has no body", async () => {
  const session = await clientOf(
    (_request, response) => response.setHeader("content-length", 4) && response.end("body"),
  );
  const { heads, body } = await ask(session, { ":method": "HEAD" });
  expect(heads).toMatchObject({ ":status": 200, "content-length": "4" });
  expect(body).toBe("");
});

it.each([
  ["a name", "a b", "c"],
  ["a value", "a", "b\nc"],
])("%s that cannot stand in a head is not taken, and nothing is sent with it", async (_title, name, value) => {
  const session = await clientOf((_request, response) => {
    expect(() => response.setHeader(name, value)).toThrow(TypeError);
    expect(() => response.addTrailers({ [name]: value })).toThrow(TypeError);
    response.end("sent");
  });
  expect(await ask(session, {})).toMatchObject({ status: 200, body: "sent", trailers: undefined });
});

it("a header that comes after the head is refused", async () => {
  const session = await clientOf((_request, response) => {
    response.flushHeaders();
    expect(() => response.setHeader("a", "b")).toThrow("the head is out");
    response.end();
    // Nothing comes behind the end.
    expect(response.write("late")).toBe(false);
    response.end("later");
  });
  expect(await ask(session, {})).toMatchObject({ status: 200, body: "" });
});

it("100 Continue is sent when the body is read, and other expectations are rejected", async () => {
  const session = await clientOf((request, response) => {
    void buffer(request).then((body) => response.end(body));
  });
  expect(await ask(session, { expect: "100-continue" }, "body")).toMatchObject({
    status: 200,
    body: "body",
    interim: 1,
  });
  expect(await ask(session, { expect: "miracles" }, "body")).toMatchObject({
    status: 417,
    body: '{"error":"expect: 100-continue is all that can be expected"}',
  });
  expect(await ask(session, { expect: "miracles", ":method": "HEAD" })).toMatchObject({ status: 417, body: "" });
});

it("nothing is tunnelled", async () => {
  const session = await clientOf((_request, response) => response.end("handled"));
  const stream = session.request({ ":method": "CONNECT", ":authority": "example.com:443" });
  const head = new Promise<IncomingHttpHeaders>((resolve) => stream.on("response", resolve));
  expect(await head).toMatchObject({ ":status": 405, allow: "", "x-error-reason": "INVALID_REQUEST" });
  expect(await text(stream)).toBe('{"error":"CONNECT is not allowed: nothing is tunnelled"}');
});

it("a call knows its peer to its end, and the same of a client that is gone is not an error", async () => {
  const peers: (string | undefined)[] = [];
  let gone = (): void => {};
  const closed = new Promise<void>((resolve) => {
    gone = resolve;
  });
  const session = await clientOf((request, response) => {
    response.on("close", () => {
      peers.push(request.socket.remoteAddress);
      if (request.url === "/held") gone();
    });
    if (request.url === "/held") response.flushHeaders();
    else response.end();
  });
  await ask(session, {});
  const held = session.request({ ":path": "/held" });
  held.on("error", () => {});
  held.on("response", () => session.destroy());
  await closed;
  expect(peers).toEqual(["127.0.0.1", undefined]);
});

it("says once that there is room for more", async () => {
  let drains = 0;
  const session = await clientOf((_request, response) => {
    const count = (): void => {
      drains++;
    };
    response.on("drain", count);
    response.once("drain", () => response.end());
    expect(response.write(Buffer.alloc(100_000))).toBe(false);
  });
  expect((await ask(session, {})).body).toHaveLength(100_000);
  expect(drains).toBe(1);
});
