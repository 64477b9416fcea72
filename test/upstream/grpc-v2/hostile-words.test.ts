/** What servers of gRPC say at any length. */
import { describe, expect, it } from "vitest";
import { ProtoWriter } from "../../../src/tensors/grpc/proto-writer.ts";
import { errorFromGrpcStatus } from "../../../src/upstream/grpc-v2/grpc-status.ts";
import { readModelMetadata } from "../../../src/upstream/grpc-v2/model-answers.ts";
import { registered } from "../../support/registered.ts";

describe("the words of a status", () => {
  it.each(["session ", "Model with version ", "\nAt: ", "Traceback (most recent call last):\n"])(
    "take little time, however often they say %j",
    (words) => {
      const started = process.cpuUsage();
      const error = errorFromGrpcStatus(registered(), { code: 3, message: words.repeat(50_000) }, 1);
      const { user, system } = process.cpuUsage(started);
      expect((user + system) / 1000).toBeLessThan(100);
      expect(error.reason).toBe("MODEL_REJECTED_INPUT");
      expect(error.message.length).toBeLessThan(1200);
    },
  );
});

describe("a description", () => {
  const text = (field: number, ...texts: readonly string[]): Uint8Array => {
    const writer = new ProtoWriter(64);
    for (const one of texts) writer.text(field, one);
    return writer.finish();
  };
  const tensor = (message: Uint8Array): Buffer =>
    Buffer.concat([Buffer.from([0x22, (message.length & 127) | 128, message.length >> 7]), message]);

  it("is cut where it is long", () => {
    const versions = text(2, "v".repeat(2000), ...Array<string>(2000).fill("1"));
    const { platform, versions: kept } = readModelMetadata(Buffer.concat([text(3, "p".repeat(5000)), versions]));
    expect(platform).toHaveLength(1024);
    expect(kept).toHaveLength(1000);
    expect(kept[0]).toBe("1");
  });

  it.each<[field: number, what: string]>([
    [1, "name"],
    [2, "datatype"],
  ])("is refused where field %i of a tensor, its %s, has no end", (field, what) => {
    expect(() => readModelMetadata(tensor(text(field, "n".repeat(1025))))).toThrow(
      `${what}: has more than 1024 characters`,
    );
    expect(readModelMetadata(tensor(text(field, "n".repeat(1024)))).inputs).toHaveLength(1);
  });
});
