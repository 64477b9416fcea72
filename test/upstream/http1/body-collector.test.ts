import { afterEach, expect, it, vi } from "vitest";
import { Cancellation } from "../../../src/base/cancellation.ts";
import { BodyCollector } from "../../../src/upstream/http1/body-collector.ts";

const MiB = 1024 * 1024;
const limits = { maxResponseBytes: 16 * MiB, cancellation: new Cancellation<Error>() };

afterEach(() => void vi.restoreAllMocks());

/** Collects pieces of a size, and says how many bytes were copied for one of them at most. */
function collect(total: number, pieceBytes: number, claimed?: number): { body: Buffer; mostCopied: number } {
  const source = Buffer.from(Uint8Array.from({ length: total }, (_, i) => (i * 7) ^ (i >> 8)));
  const collector = new BodyCollector(limits);
  if (claimed !== undefined) collector.expect(claimed);
  const copies = vi.spyOn(Buffer.prototype, "copy");
  let mostCopied = 0;
  for (let at = 0; at < total; at += pieceBytes) {
    copies.mockClear();
    collector.add(source, at, Math.min(total, at + pieceBytes));
    const copied = copies.mock.results.reduce((sum, { value }) => sum + Number(value), 0);
    mostCopied = Math.max(mostCopied, copied);
  }
  const body = collector.take();
  expect(body.equals(source)).toBe(true);
  return { body, mostCopied };
}

it.each([
  [0, 1, undefined],
  [1, 1, 1],
  [5000, 1, undefined],
  [5000, 7, 5000],
  [3 * MiB, 1000, 3 * MiB],
  [3 * MiB, 1000, undefined],
  [16 * MiB, 64 * 1024, undefined],
  [12 * MiB, 3 * MiB, undefined],
])("%i bytes come out as they came, in pieces of %i, said to be %s", (total, pieceBytes, claimed) => {
  expect(collect(total, pieceBytes, claimed).body).toHaveLength(total);
});

it("does not copy all that has come when more comes", () => {
  const pieceBytes = 64 * 1024;
  for (const claimed of [undefined, 16 * MiB]) {
    expect(collect(16 * MiB, pieceBytes, claimed).mostCopied).toBeLessThanOrEqual(8 * pieceBytes);
  }
});

it("makes room for what is claimed once a MiB of it has come, and not before", () => {
  const allocations = vi.spyOn(Buffer, "allocUnsafe");
  collect(12 * MiB, 64 * 1024, 12 * MiB);
  expect(allocations.mock.calls.flat()).toEqual([MiB, 12 * MiB]);
});
