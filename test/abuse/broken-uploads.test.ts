import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { frame } from "../support/frame.ts";
import { abusedService } from "./abused-service.ts";

const abused = abusedService();
const rounds = 40;
const delaysMs = [0, 0, 1, 1, 2, 2];

/** Sends a request with a part of its body, and its beginning again, and then leaves without a word. */
function breakOff(port: number, path: string, contentType: string, delayMs: number): Promise<void> {
  const body = frame(Buffer.from("{}"));
  const head = `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: ${contentType}\r\ncontent-length: 6\r\n\r\n`;
  const request = Buffer.concat([Buffer.from(head), body.subarray(0, 6)]);
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", async () => {
      socket.write(Buffer.concat([request, request.subarray(0, -2)]));
      await sleep(delayMs);
      socket.resetAndDestroy();
    });
    socket.resume();
    socket.on("error", () => {});
    socket.on("close", () => resolve());
  });
}

describe("uploads that break off over HTTP/1.1", () => {
  it.each([
    ["/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", "application/grpc"],
    ["/kserve.registry.v1.ModelRegistry/WatchModels", "application/connect+json"],
    ["/kserve.registry.v1.ModelRegistry/Predict", "application/grpc-web"],
    ["/kserve.registry.v1.ModelRegistry/GetModel", "application/json"],
  ])("do no harm to %s as %s", async (path, contentType) => {
    const { port, child } = abused.service;
    for (let round = 0; round < rounds; round++) {
      await Promise.all(delaysMs.map((delayMs) => breakOff(port, path, contentType, delayMs)));
    }
    expect(child.exitCode).toBe(null);
  });
});
