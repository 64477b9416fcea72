import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ModelServer, startModelServer } from "../../demo/model-server.ts";
import { send } from "./send.ts";

const models = { echo: { predict: (instances: unknown[]) => instances } };

let server: ModelServer;
beforeAll(async () => {
  server = await startModelServer({ models });
});
afterAll(() => server.stop());

describe("a connection to the model server", () => {
  test("is kept open after a prediction", async () => {
    const body = JSON.stringify({ instances: [1] });
    const call = `POST /v1/models/echo:predict HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const socket = connect(server.port, "127.0.0.1");
    for (let i = 0; i < 2; i++) {
      socket.write(call);
      const [answer] = await once(socket, "data");
      expect(String(answer)).toMatch(/^HTTP\/1.1 200 OK\r\n.*\{"predictions":\[1\]\}$/s);
    }
    socket.destroy();
  });

  test("is closed after a failed prediction, without a word of it in the headers", async () => {
    const answer = await send(server.url, "POST /v1/models/echo:predict", { body: "{}" });
    expect(answer.headers).not.toHaveProperty("connection");
    const socket = connect(server.port, "127.0.0.1");
    socket.resume().write("POST /v1/models/echo:predict HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}");
    await once(socket, "end");
    socket.destroy();
  });

  test("is dropped when it speaks HTTP/2", async () => {
    const socket = connect(server.port, "127.0.0.1");
    let received = "";
    socket.on("data", (chunk) => (received += chunk)).on("error", () => {});
    socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    await once(socket, "close");
    expect(received).toBe("");
  });

  test("is closed by stop(), and the port is free again", async () => {
    const other = await startModelServer({ models });
    const idle = connect(other.port, "127.0.0.1").on("error", () => {});
    await once(idle, "connect");
    await Promise.all([once(idle, "close"), other.stop()]);
    const again = await startModelServer({ models: {}, port: other.port });
    expect(again.port).toBe(other.port);
    await again.stop();
  });

  test("cannot be offered on a port that is taken", async () => {
    await expect(startModelServer({ models: {}, port: server.port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  });
});
