import { createServer } from "node:http";
import net, { type AddressInfo } from "node:net";
import { EventSource } from "undici";
import { describe, expect, it, onTestFinished } from "vitest";
import { type StreamedEvent, sendEventStream } from "../../src/api/watch/event-stream.ts";
import { startChangingServer } from "../contract/changing-server.ts";
import { startCuttableProxy } from "../support/cuttable-proxy.ts";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { openStream } from "../support/open-stream.ts";
import { until } from "../support/until.ts";

const path = "/api/v1/models?watch=true";
const models = [{ name: "a" }, { name: "b", type: "predictive" }];

/** The events of a text, as words and ids: `added a`. */
function eventsIn(text: string): { words: string; id: string | undefined; data: Record<string, unknown> }[] {
  return text
    .split("\n\n")
    .slice(0, -1)
    .filter((block) => block.startsWith("event: "))
    .map((block) => {
      const field = (name: string) => new RegExp(`^${name}: ?(.*)$`, "m").exec(block)?.[1];
      const data = JSON.parse(field("data")!) as { model?: { name: string } };
      return { words: [field("event"), data.model?.name].filter(Boolean).join(" "), id: field("id"), data };
    });
}

const wordsIn = (text: string): string[] => eventsIn(text).map(({ words }) => words);

describe.each(httpVersions)("the stream of events over HTTP/%s", (version) => {
  it("has the models, a marker, and then every change, with the fields that differ", async () => {
    const server = await startChangingServer({ models });
    const stream = await openStream(version, server.url, path);
    await until(() => stream.text().includes("event: synced"));
    expect(stream.status).toBe(200);
    expect(stream.headers).toMatchObject({ "content-type": "text/event-stream", "cache-control": "no-store" });
    expect(stream.text()).toMatch(/^retry: 1000\n\nevent: reset\nid: \ndata: \{\}\n\nevent: added\ndata: \{"model":/);
    server.apply([{ name: "a", description: "new" }, { name: "c" }]);
    server.setState("a", "not-ready");
    await until(() => wordsIn(stream.text()).length === 8);
    const events = eventsIn(stream.text());
    expect(events.map(({ words }) => words)).toEqual([
      "reset",
      "added a",
      "added b",
      "synced",
      "changed a",
      "added c",
      "removed b",
      "changed a",
    ]);
    expect(events[4]!.data).toMatchObject({
      changedFields: ["description", "updateTime"],
      model: { description: "new" },
    });
    expect(events[7]!.data).toMatchObject({ changedFields: ["state", "stateReason"], model: { state: "not-ready" } });
    expect(events.map(({ id }) => id === undefined)).toEqual([false, true, true, false, false, false, false, false]);
  });

  it("resumes from the ID of the last event", async () => {
    const server = await startChangingServer({ models });
    const first = await openStream(version, server.url, path);
    await until(() => first.text().includes("event: synced"));
    const { id } = eventsIn(first.text()).at(-1)!;
    first.close();
    server.apply([{ name: "a" }]);
    const second = await openStream(version, server.url, path, { "last-event-id": id! });
    await until(() => second.text().includes("event: synced"));
    expect(wordsIn(second.text())).toEqual(["removed b", "synced"]);
  });

  it("begins anew, and says so, with the id of another process", async () => {
    const { url } = await startChangingServer({ models });
    const stream = await openStream(version, url, path, { "last-event-id": "0123abcd-7" });
    await until(() => stream.text().includes("event: synced"));
    expect(wordsIn(stream.text())).toEqual(["reset", "added a", "added b", "synced"]);
  });

  it("takes the filters of the list", async () => {
    const { url } = await startChangingServer({ models });
    const stream = await openStream(version, url, `${path}&type=predictive`);
    await until(() => stream.text().includes("event: synced"));
    expect(wordsIn(stream.text())).toEqual(["reset", "added b", "synced"]);
  });

  it("ends in order when the server stops", async () => {
    const server = await startChangingServer({ models });
    const stream = await openStream(version, server.url, path);
    await until(() => stream.text().includes("event: synced"));
    server.stop();
    await stream.ended;
  });

  it("has no body for HEAD", async () => {
    const { url } = await startChangingServer({ models });
    const { status, headers, body } = await send(version, { url, path, method: "HEAD" });
    expect([status, headers["content-type"], body]).toEqual([200, "text/event-stream", ""]);
  });

  it.each([
    ["watch=yes", {}, "watch: expected true or false"],
    ["watch=true&pageSize=5", {}, "pageSize: is not taken together with watch"],
    ["watch=true&includeUnserved=true", {}, "includeUnserved: is not taken together with watch"],
    ["watch=true&type=x", {}, "type: expected one of anomaly, predictive, classification"],
    [
      "watch=true",
      { "last-event-id": "abc" },
      "resume_token: was not given by a server; use the resume_token of the last event",
    ],
  ])("is refused for %s %j", async (query, headers, error) => {
    const { url } = await startChangingServer({ models });
    const answer = await send(version, { url, path: `/api/v1/models?${query}`, headers });
    expect([answer.status, jsonOf(answer)]).toEqual([400, { error }]);
  });

  it("gives a reader that does not read all models afresh, and keeps little for it", async () => {
    const server = await startChangingServer({ models });
    const stream = await openStream(version, server.url, path);
    await until(() => stream.text().includes("event: synced"));
    stream.pause();
    const description = "x".repeat(4000);
    const changes = 8000;
    for (let i = 0; i < changes; i++) {
      server.apply([{ name: "a", description: `${i} ${description}` }]);
      // The server must get to writing what it can.
      if (i % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    stream.resume();
    await until(() => stream.text().includes(`"description":"${changes - 1} `), "the last change comes", 20_000);
    const words = wordsIn(stream.text());
    expect(words.lastIndexOf("reset")).toBeGreaterThan(4);
    expect(words.length).toBeLessThan(changes);
  }, 30_000);
});

describe("an EventSource", () => {
  it("keeps its models up to date over connections that break", async () => {
    const server = await startChangingServer({ models });
    const proxy = await startCuttableProxy(server.url);
    const source = new EventSource(`${proxy.url}${path}`);
    onTestFinished(() => source.close());
    const held = new Map<string, string>();
    let resets = 0;
    source.addEventListener("reset", () => {
      resets++;
      held.clear();
    });
    const modelOf = (event: Event) =>
      (JSON.parse((event as MessageEvent).data as string) as { model: { name: string; description: string } }).model;
    const hold = (event: Event): void => void held.set(modelOf(event).name, modelOf(event).description);
    source.addEventListener("added", hold);
    source.addEventListener("changed", hold);
    source.addEventListener("removed", (event) => void held.delete(modelOf(event).name));
    const shows = (expected: object) => (): boolean =>
      JSON.stringify(Object.fromEntries([...held].sort())) === JSON.stringify(expected);
    await until(shows({ a: "", b: "" }));
    proxy.cut();
    server.apply([{ name: "b", description: "new" }, { name: "c" }]);
    await until(shows({ b: "new", c: "" }));
    expect([resets, proxy.connections()]).toEqual([1, 2]);
  });
});

describe("sendEventStream", () => {
  it("writes a comment periodically, so that intermediaries keep the stream open", async () => {
    let release = (): void => {};
    async function* events(): AsyncGenerator<StreamedEvent> {
      yield { event: "one", id: undefined, data: {} };
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    }
    const server = createServer((_, response) => void sendEventStream(response, events(), 5));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const stream = await openStream("1.1", `http://127.0.0.1:${(server.address() as AddressInfo).port}`, "/");
    await until(() => stream.text().split(": still here\n\n").length > 3);
    release();
    await stream.ended;
  });

  it("releases the events when the reader disconnects", async () => {
    const server = await startChangingServer({ models });
    const socket = net.connect(Number(new URL(server.url).port), "127.0.0.1");
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
    let text = "";
    socket.on("data", (chunk) => {
      text += String(chunk);
    });
    await until(() => text.includes("event: synced"));
    socket.resetAndDestroy();
    // That nothing is left open is what the server looks for when the test ends.
    server.apply([{ name: "c" }]);
  });
});
