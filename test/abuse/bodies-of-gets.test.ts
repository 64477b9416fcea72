import { describe, expect, it } from "vitest";
import { endHeaders, frameTypes, http2Frame } from "../support/http2-frames.ts";
import { openRaw } from "../support/raw-connection.ts";
import { openHttp2, requestBlock } from "../support/raw-http2.ts";
import { until } from "../support/until.ts";
import { abusedService } from "./abused-service.ts";

const abused = abusedService({ env: { MAX_QUERY_SIZE: "4KiB", BODY_TIMEOUT: "1s" } });
/** A watch, whose answer does not end. */
const path = "/api/v1/models?watch=true";

describe("the body of a GET, which means nothing,", () => {
  const watch = async () => {
    const connection = await openRaw(abused.service.port);
    connection.write(`GET ${path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n`);
    await connection.receives("event: synced");
    return connection;
  };

  it("is cut off beyond MAX_QUERY_SIZE over HTTP/1.1, whatever its pieces are", async () => {
    for (const chunk of ["1\r\n \r\n", `400\r\n${" ".repeat(1024)}\r\n`]) {
      const connection = await watch();
      const pieces = chunk.length > 100 ? 5 : 5000;
      connection.write(chunk.repeat(pieces));
      await connection.closed();
    }
  });

  it("is cut off beyond MAX_QUERY_SIZE over HTTP/2, and its connection goes on", async () => {
    const connection = await openHttp2(abused.service.port);
    connection.write(http2Frame(frameTypes.headers, endHeaders, 1, requestBlock("GET", path)));
    for (let i = 0; i < 5; i++) connection.write(http2Frame(frameTypes.data, 0, 1, Buffer.alloc(1024)));
    await until(() => connection.resetOf(1) !== undefined, "the stream is closed");
    expect(connection.isClosed()).toBe(false);
    connection.destroy();
  });

  it("is cut off when it takes longer than BODY_TIMEOUT", async () => {
    const connection = await watch();
    connection.write("1\r\n \r\n");
    await connection.closed(4000);
  });

  it("is dropped otherwise", async () => {
    const connection = await openRaw(abused.service.port);
    connection.write(`GET /livez HTTP/1.1\r\nhost: x\r\ncontent-length: 4000\r\n\r\n${" ".repeat(4000)}`);
    await connection.receives('{"status":"alive"}');
    connection.write("GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n");
    await connection.receives('{"status":"ready"}');
    connection.destroy();
  });
});
