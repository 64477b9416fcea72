import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { endHeaders, endStream, frameTypes, headerBlock, http2Frame, preface } from "../support/http2-frames.ts";
import { model } from "../support/running-service.ts";
import { abusedService } from "./abused-service.ts";

const abused = abusedService();
const streamCount = 50;
const cancel = Buffer.from([0, 0, 0, 8]);

/** Opens streams and resets each in the same breath, so that they are gone before the service looks at them. */
function openAndReset(port: number, headers: readonly (readonly [string, string])[]): Promise<void> {
  const streams = Array.from({ length: streamCount }, (_, i) => {
    const block = headerBlock([[":scheme", "http"], [":authority", "x"], ...headers]);
    return [
      http2Frame(frameTypes.headers, endHeaders | endStream, 2 * i + 1, block),
      http2Frame(frameTypes.rstStream, 0, 2 * i + 1, cancel),
    ];
  });
  const bytes = Buffer.concat([preface, http2Frame(frameTypes.settings, 0, 0, Buffer.alloc(0)), ...streams.flat()]);
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.end(bytes));
    socket.resume();
    socket.on("error", () => {});
    socket.on("close", () => resolve());
  });
}

describe("streams that are reset as they open", () => {
  it.each([
    ["a method that is not there", "POST", "/no.such.Service/Method", "application/grpc"],
    ["a method that is not there, by gRPC-Web", "POST", "/no.such.Service/Method", "application/grpc-web"],
    ["Predict by gRPC", "POST", "/kserve.registry.v1.ModelRegistry/Predict", "application/grpc"],
    ["Predict by Connect", "POST", "/kserve.registry.v1.ModelRegistry/Predict", "application/json"],
    ["GetModel by gRPC", "POST", "/kserve.registry.v1.ModelRegistry/GetModel", "application/grpc"],
    ["a prediction by REST", "POST", `/v1/models/${model}:predict`, "application/json"],
    ["a path that is not there", "GET", "/nothing", "text/plain"],
    ["a preflight", "OPTIONS", "/v1/models", "text/plain"],
  ])("do no harm when they ask for %s", async (_title, method, path, type) => {
    const headers = [
      [":method", method],
      [":path", path],
      ["content-type", type],
      ["origin", "https://x.example"],
    ] as const;
    const preflight = method === "OPTIONS" ? ([["access-control-request-method", "POST"]] as const) : [];
    await openAndReset(abused.service.port, [...headers, ...preflight]);
    expect(abused.service.child.exitCode).toBe(null);
  });
});
