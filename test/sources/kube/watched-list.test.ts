import { describe, expect, it, onTestFinished } from "vitest";
import { createKubeClient } from "../../../src/kube/kube-client.ts";
import { WatchedList, type WatchedListTiming } from "../../../src/kube/watched-list.ts";
import { until } from "../../support/until.ts";
import {
  type ApiAnswer,
  closeAfter,
  drips,
  type FakeApiServer,
  failure,
  halfAPage,
  json,
  list,
  object,
  resetAfter,
  stalls,
  startFakeApiServer,
  stayOpen,
} from "./fake-api-server.ts";

const quick: WatchedListTiming = {
  watch: { timeoutMs: 60_000, silenceMs: 60_000 },
  backoff: { minMs: 5, maxMs: 20 },
};

interface Watched {
  readonly list: WatchedList<string>;
  /** The names at each change. */
  readonly seen: string[][];
  readonly troubles: (string | undefined)[];
  names(): string[];
}

function watch(server: FakeApiServer, timing: WatchedListTiming = quick): Watched {
  const seen: string[][] = [];
  const troubles: (string | undefined)[] = [];
  const items = new Set<string>();
  const watched = new WatchedList<string>({
    client: createKubeClient(server.access),
    resource: { group: "example.com", version: "v1", plural: "things", origin: "apply its definition" },
    namespace: undefined,
    convert: ({ metadata: { name, resourceVersion } }) => `${name}@${resourceVersion}`,
    onItem(now, before) {
      if (before !== undefined) items.delete(before);
      if (now !== undefined) items.add(now);
    },
    onChange: () => seen.push([...items].sort()),
    onTrouble: () => troubles.push(watched.trouble),
    timing,
  });
  onTestFinished(() => watched.stop());
  watched.start();
  return { list: watched, seen, troubles, names: () => [...items].sort() };
}

const gone = { type: "ERROR", object: { kind: "Status", code: 410, message: "too old resource version: 1 (2)" } };

describe("a watched list", () => {
  it("reads a long list page by page, and shows it when it is whole", async () => {
    const server = await startFakeApiServer();
    server.onList(
      list([object("a")], { continue: "page-2" }),
      list([object("b")], { continue: "page-3" }),
      list([object("c")], { resourceVersion: "30" }),
    );
    const { seen, names } = watch(server);
    await until(() => server.watches().length === 1);
    expect(names()).toEqual(["a@1", "b@1", "c@1"]);
    expect(seen).toHaveLength(1);
    expect(server.lists().map(({ query }) => query.get("continue"))).toEqual([null, "page-2", "page-3"]);
    expect(server.watches()[0]?.query.get("resourceVersion")).toBe("30");
  });

  it("follows changes, and resumes from the last version when the watch is closed regularly", async () => {
    const server = await startFakeApiServer();
    server.onList(list([object("a"), object("b")]));
    server.onWatch(
      closeAfter(
        { type: "ADDED", object: object("c", "11") },
        { type: "MODIFIED", object: object("a", "12") },
        { type: "DELETED", object: object("b", "13") },
      ),
      closeAfter({ type: "BOOKMARK", object: { metadata: { resourceVersion: "20" } } }),
      stayOpen({ type: "ADDED", object: object("d", "21") }),
    );
    const { names, troubles } = watch(server);
    await until(() => names().includes("d@21"));
    expect(names()).toEqual(["a@12", "c@11", "d@21"]);
    expect(server.watches().map(({ query }) => query.get("resourceVersion"))).toEqual(["10", "13", "20"]);
    expect(server.lists()).toHaveLength(1);
    expect(troubles).toEqual([]);
  });

  it.each<[string, ApiAnswer]>([
    ["an ERROR event in a watch that said 200", stayOpen(gone)],
    ["410 as the answer to the watch", failure(410, "too old resource version")],
  ])("lists again when the API server has forgotten the version: %s", async (_, answer) => {
    const server = await startFakeApiServer();
    server.onList(list([object("a"), object("b")]), list([object("b", "2")], { resourceVersion: "50" }));
    server.onWatch(answer, stayOpen());
    const { names, troubles } = watch(server);
    await until(() => server.watches().length === 2);
    expect(names()).toEqual(["b@2"]);
    expect(server.watches()[1]?.query.get("resourceVersion")).toBe("50");
    expect(troubles).toEqual([]);
  });

  it.each<[string, ApiAnswer]>([
    ["410 on its second page", failure(410, "the provided continue parameter is too old")],
    ["500 on its second page", failure(500, "etcdserver: leader changed")],
    ["a connection that is reset within a page", halfAPage()],
    ["a page without a list", json(200, { kind: "Status", status: "Success" })],
    ["a page that is not JSON", json(200, "<html>the proxy is sorry</html>")],
    ["a page without a version", json(200, { kind: "List", metadata: {}, items: [] })],
  ])("keeps everything while a list is broken off by %s", async (_, broken) => {
    const server = await startFakeApiServer();
    server.onList(
      list([object("a"), object("b"), object("c")]),
      list([object("a")], { continue: "page-2" }),
      broken,
      list([object("a"), object("b"), object("c"), object("d")], { resourceVersion: "50" }),
    );
    server.onWatch(closeAfter(gone), stayOpen());
    const { seen } = watch(server);
    await until(() => server.watches().length === 2);
    expect(seen).toEqual([
      ["a@1", "b@1", "c@1"],
      ["a@1", "b@1", "c@1", "d@1"],
    ]);
  });

  it.each<[string, ApiAnswer, string]>([
    ["401", failure(401, "Unauthorized"), "the API server does not accept the credentials (401): Unauthorized"],
    [
      "403",
      failure(403, 'things.example.com is forbidden: User "me" cannot list resource "things"'),
      "not allowed to list things.example.com in all namespaces (403): things.example.com is forbidden: " +
        'User "me" cannot list resource "things"; grant the verbs get, list and watch on it, ' +
        "or name the namespaces to watch in KSERVE_WATCH_NAMESPACES",
    ],
    [
      "404",
      json(404, "404 page not found"),
      "the API server does not know things.example.com/v1 (404); apply its definition",
    ],
    [
      "429",
      failure(429, "storage is (re)initializing"),
      "the API server asks to wait before it can list things.example.com (429): storage is (re)initializing",
    ],
    [
      "500",
      failure(500, "etcdserver: request timed out"),
      "the API server failed to list things.example.com in all namespaces (500): etcdserver: request timed out",
    ],
    ["no JSON", json(200, "<html></html>"), "the API server answered with something other than JSON"],
    ["a reset", (response) => void response.socket?.resetAndDestroy(), "the API server cannot be reached (ECONNRESET)"],
  ])("says what is wrong on %s, and is well again once it is over", async (_, answer, words) => {
    const server = await startFakeApiServer();
    server.onList(answer, answer, list([object("a")]));
    const { names, troubles } = watch(server);
    await until(() => server.watches().length === 1 && troubles.length === 2);
    expect(troubles).toEqual([words, undefined]);
    expect(names()).toEqual(["a@1"]);
  });

  it("reads no more of an error than it shows", async () => {
    const server = await startFakeApiServer();
    let sent = 0;
    let closed = false;
    server.onList(
      (response) => {
        response.writeHead(500);
        const piece = "x".repeat(65_536);
        const more = (): void => {
          if (closed) return;
          sent += piece.length;
          if (response.write(piece)) setImmediate(more);
          else response.once("drain", more);
        };
        response.on("close", () => {
          closed = true;
        });
        more();
      },
      list([object("a")]),
    );
    const { names } = watch(server);
    await until(() => names().length === 1);
    expect(closed).toBe(true);
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  it("waits as long as the API server asks", async () => {
    const server = await startFakeApiServer();
    server.onList(failure(429, "too many requests", { "retry-after": "1" }), list([]));
    const start = performance.now();
    watch(server);
    await until(() => server.watches().length === 1);
    expect(performance.now() - start).toBeGreaterThan(990);
  });

  it("reads objects as they arrive, so that no page of large ones is in memory", async () => {
    const server = await startFakeApiServer();
    const held: string[] = [];
    server.onList((response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write(`{"kind":"List","items":[${JSON.stringify(object("a"))},{"metadata":{"name":"b"`);
      void until(() => held.length === 1).then(() =>
        response.end(`,"namespace":"default","uid":"b","resourceVersion":"2"}}],"metadata":{"resourceVersion":"10"}}`),
      );
    });
    const list = new WatchedList<string>({
      client: createKubeClient(server.access),
      resource: { group: "example.com", version: "v1", plural: "things", origin: "apply its definition" },
      namespace: undefined,
      convert: ({ metadata: { name } }) => {
        held.push(name);
        return name;
      },
      onItem() {},
      onTrouble() {},
      timing: quick,
    });
    onTestFinished(() => list.stop());
    list.start();
    await until(() => list.complete);
    expect(held).toEqual(["a", "b"]);
    expect(server.lists()).toHaveLength(1);
  });

  it("resumes from its version, without a list, after the watch's connection was lost", async () => {
    const server = await startFakeApiServer();
    server.onList(list([object("a")]));
    server.onWatch(resetAfter({ type: "ADDED", object: object("b", "11") }), stayOpen());
    const { names, troubles } = watch(server);
    await until(() => server.watches().length === 2);
    expect(names()).toEqual(["a@1", "b@11"]);
    expect(server.watches()[1]?.query.get("resourceVersion")).toBe("11");
    expect(server.lists()).toHaveLength(1);
    expect(troubles).toEqual([]);
  });

  it("waits between watches that are closed at once, and says so", async () => {
    const server = await startFakeApiServer();
    server.onWatch(closeAfter(), closeAfter(), closeAfter(), stayOpen());
    const { troubles } = watch(server);
    await until(() => server.watches().length === 4 && troubles.length === 2);
    expect(troubles).toEqual(["the API server closes every watch at once", undefined]);
  });

  it("gives a silent watch up, and opens another one", async () => {
    const server = await startFakeApiServer();
    const { names } = watch(server, { ...quick, watch: { timeoutMs: 60_000, silenceMs: 50 } });
    server.onWatch(stayOpen(), stayOpen({ type: "ADDED", object: object("late", "11") }));
    await until(() => names().length === 1);
    expect(server.lists()).toHaveLength(1);
  });

  it.each<[string, ApiAnswer, RegExp]>([
    ["stalls", stalls(), /stopped within its answer/],
    ["comes a byte at a time", drips(), /takes longer than 0.3s/],
  ])("gives up a list that %s, says so, and lists again", async (_title, answer, trouble) => {
    const server = await startFakeApiServer();
    server.onList(answer, list([object("a")]));
    const { names, troubles } = watch(server, { ...quick, page: { silenceMs: 150, timeoutMs: 300 } });
    await until(() => names().length === 1 && troubles.length === 2);
    expect(troubles).toEqual([expect.stringMatching(trouble), undefined]);
    expect(server.lists()).toHaveLength(2);
  });

  it("lists again when an event is not JSON time and again", async () => {
    const server = await startFakeApiServer();
    const noJson: ApiAnswer = (response) => void response.end("no event\n");
    server.onWatch(noJson, noJson, noJson, stayOpen());
    watch(server);
    await until(() => server.watches().length === 4);
    expect(server.lists()).toHaveLength(2);
  });

  it("makes nothing anew of an object that has not changed", async () => {
    const server = await startFakeApiServer();
    let made = 0;
    const reported: (number | undefined)[][] = [];
    server.onList(list([object("a"), object("b")]), list([object("a"), object("b", "2")]));
    server.onWatch(closeAfter(gone), stayOpen());
    const watched = new WatchedList<number>({
      client: createKubeClient(server.access),
      resource: { group: "", version: "v1", plural: "things", origin: "" },
      namespace: "team-a",
      convert: () => ++made,
      onItem: (...change) => reported.push(change),
      onChange() {},
      onTrouble() {},
      timing: quick,
    });
    onTestFinished(() => watched.stop());
    watched.start();
    await until(() => server.watches().length === 2);
    expect(reported).toEqual([
      [1, undefined],
      [2, undefined],
      [3, 2],
    ]);
    expect(server.requests[0]?.path).toBe("/api/v1/namespaces/team-a/things");
  });

  it("stops at once, whatever it waits for", async () => {
    const server = await startFakeApiServer();
    server.onList(failure(500, "down", { "retry-after": "3600" }));
    const { list: watched, troubles } = watch(server);
    await until(() => troubles.length === 1);
    await watched.stop();
    expect(server.requests).toHaveLength(1);
  });
});
