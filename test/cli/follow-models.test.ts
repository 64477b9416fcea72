import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { describe, expect, it } from "vitest";
import { RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { WatchEvent, type WatchModelsRequest } from "../../gen/kserve/registry/v1/model_registry_pb.ts";
import { followModels } from "../../src/cli/client/follow-models.ts";
import { startFakeRegistry } from "./support/fake-registry.ts";

type Event = { event: WatchEvent; resumeToken?: string };
/** What one connection gets: its events, and then an error or nothing more. */
type Script = { events: Event[]; error?: ConnectError; stays?: true };

const synced = { event: WatchEvent.SYNCED, resumeToken: "one" };
const added = { event: WatchEvent.ADDED };
const reset = { event: WatchEvent.RESET };

/** Follows scripted connections until the last one has said all. */
async function follow(scripts: readonly Script[], timeoutMs = 5000) {
  const requests: WatchModelsRequest[] = [];
  const address = await startFakeRegistry({
    async *watchModels(request: WatchModelsRequest, context: HandlerContext) {
      const { events, error, stays } = scripts[requests.push(request) - 1]!;
      yield* events;
      if (error !== undefined) throw error;
      if (stays) await new Promise((resolve) => context.signal.addEventListener("abort", resolve));
    },
  });
  const ending = new AbortController();
  const expected = scripts.flatMap(({ events }) => events).length;
  const seen: string[] = [];
  const lost: { words: string; delayMs: number }[] = [];
  let backs = 0;
  let heard = 0;
  const events = followModels({
    client: { address, output: "json", timeoutMs, ca: undefined, caFile: undefined, tokenFile: undefined },
    filter: { type: 1, namespace: "n", trigger: "t" },
    signal: ending.signal,
    onLost: (words, delayMs) => lost.push({ words, delayMs }),
    onBack: () => backs++,
  });
  for await (const { event, resumeToken } of events) {
    seen.push(Object.keys(WatchEvent)[event] ?? String(event));
    if (event !== WatchEvent.RESET || resumeToken !== "") heard++;
    if (heard === expected) ending.abort();
  }
  return { requests, seen, lost, backs };
}

describe("following models", () => {
  it("resumes from the last resume token when the server ends the watch", async () => {
    const { requests, seen, backs } = await follow([
      { events: [added, synced, { event: WatchEvent.CHANGED, resumeToken: "two" }] },
      { events: [{ event: WatchEvent.SYNCED, resumeToken: "two" }], stays: true },
    ]);
    expect(requests.map(({ resumeToken }) => resumeToken)).toEqual(["", "two"]);
    expect(requests[1]).toMatchObject({ type: 1, namespace: "n", trigger: "t" });
    expect(seen).toEqual(["ADDED", "SYNCED", "CHANGED", "SYNCED"]);
    expect(backs).toBe(1);
  });

  it("keeps the last token over events that have none", async () => {
    const { requests } = await follow([
      { events: [synced, { ...added, resumeToken: "" }] },
      { events: [synced], stays: true },
    ]);
    expect(requests[1]?.resumeToken).toBe("one");
  });

  it("resets when the first connection broke before it had a token", async () => {
    const { seen, requests } = await follow([{ events: [added] }, { events: [added, synced], stays: true }]);
    expect(seen).toEqual(["ADDED", "RESET", "ADDED", "SYNCED"]);
    expect(requests[1]?.resumeToken).toBe("");
  });

  it("discards a resume token that the server rejects, and resets", async () => {
    const { seen, requests } = await follow([
      { events: [synced] },
      { events: [], error: new ConnectError("resume_token: was not given by a server", Code.InvalidArgument) },
      { events: [added, synced], stays: true },
    ]);
    expect(requests.map(({ resumeToken }) => resumeToken)).toEqual(["", "one", ""]);
    expect(seen).toEqual(["SYNCED", "RESET", "ADDED", "SYNCED"]);
  });

  it("does not reset twice when the server does it", async () => {
    const { seen } = await follow([
      { events: [synced] },
      { events: [{ ...reset, resumeToken: "x" }, added, synced], stays: true },
    ]);
    expect(seen).toEqual(["SYNCED", "RESET", "ADDED", "SYNCED"]);
  });

  it("waits as long as the server asks, and longer each time, with some chance", async () => {
    const error = new ConnectError("stopping", Code.Unavailable);
    error.details = [{ desc: RetryInfoSchema, value: { retryDelay: durationFromMs(700) } }];
    const { lost } = await follow([
      { events: [synced], error },
      { events: [], error: new ConnectError("no", Code.Unavailable) },
      { events: [synced], stays: true },
    ]);
    expect(lost[0]?.delayMs).toBeGreaterThanOrEqual(700);
    expect(lost[0]?.delayMs).toBeLessThanOrEqual(950);
    expect(lost[1]?.delayMs).toBeGreaterThanOrEqual(500);
    expect(lost[1]?.delayMs).toBeLessThanOrEqual(1000);
  });

  it.each([Code.Unavailable, Code.Internal, Code.InvalidArgument])(
    "fails when the first connection gives nothing but error %s",
    async (code) => {
      await expect(follow([{ events: [], error: new ConnectError("no luck", code) }])).rejects.toThrow(/no luck/);
    },
  );

  it("fails when the first connection says nothing in time", async () => {
    await expect(follow([{ events: [], stays: true }, { events: [synced] }], 100)).rejects.toThrow(
      /^No answer from .* within 100ms/,
    );
  });

  it("lets an answered watch stay silent for longer than the timeout of a call", async () => {
    const { requests } = await follow([{ events: [synced, synced], stays: true }], 100);
    expect(requests).toHaveLength(1);
  });
});
