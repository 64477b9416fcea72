import { expect, it, onTestFinished } from "vitest";
import { createListener } from "../../src/listen/listener.ts";
import { UnreadBytes, type UnreadHolder } from "../../src/listen/unread-bytes.ts";
import { openRaw, type RawConnection } from "../support/raw-connection.ts";
import { until } from "../support/until.ts";

function holders(names: string): { readonly shed: string[]; readonly all: UnreadHolder[] } {
  const shed: string[] = [];
  return { shed, all: [...names].map((name) => ({ shed: () => void shed.push(name) })) };
}

it("who has held some for the longest sheds it where all is too much, and no more do than have to", () => {
  const { shed, all } = holders("abc");
  const unread = new UnreadBytes(100);
  for (const one of all) unread.count(one, 30);
  // More of it does not make it come later.
  unread.count(all[0]!, 40);
  expect(shed).toEqual([]);
  unread.count(all[2]!, 61);
  expect(shed).toEqual(["a"]);
  unread.count(all[2]!, 100);
  expect(shed).toEqual(["a", "b"]);
});

it("a connection that releases its bytes moves to the end of the queue", () => {
  const { shed, all } = holders("ab");
  const unread = new UnreadBytes(100);
  for (const one of all) unread.count(one, 40);
  unread.count(all[0]!, 0);
  unread.count(all[0]!, 70);
  expect(shed).toEqual(["b"]);
});

const KiB = 1024;
const maxBytesInMemory = 1024 * KiB;

/** A listener whose connections may hold 128 KiB, and which answers nothing but `/quick`. */
async function started(): Promise<() => Promise<RawConnection>> {
  const listener = createListener({ maxBytesInMemory }, (request, response) => {
    if (request.url === "/quick") response.end("quick");
  });
  const { port } = await listener.listen(0, "127.0.0.1");
  onTestFinished(() => listener.close(0));
  return async () => {
    const connection = await openRaw(port);
    onTestFinished(() => connection.destroy());
    return connection;
  };
}

const head = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: a\r\n`;

it.each([
  ["parts of heads", `${head("/")}x: ${"y".repeat(10 * KiB)}`, /^HTTP\/1\.1 503 /],
  ["requests behind calls under way", `${head("/")}\r\n${`${head("/behind")}\r\n`.repeat(300)}`, /^$/],
])("%s that fill what connections may hold cost the first of them their connections", async (_title, bytes, answer) => {
  const open = await started();
  const all: RawConnection[] = [];
  for (let i = 0; i < 20; i++) {
    const connection = await open();
    connection.write(bytes);
    all.push(connection);
    // One after the other, so that it is known who was first.
    const other = await open();
    other.write(`${head("/quick")}\r\n`);
    await until(() => other.received() !== "");
  }
  await until(() => all.filter((one) => one.isClosed()).length >= 5);
  const closed = all.map((one) => one.isClosed());
  expect(closed.lastIndexOf(true)).toBeLessThan(closed.indexOf(false));
  expect(closed.indexOf(false)).toBeLessThan(15);
  expect(all[0]!.received()).toMatch(answer);
});

it("whole heads in good order are answered while parts of others fill it", async () => {
  const open = await started();
  for (let i = 0; i < 20; i++) (await open()).write(`${head("/")}x: ${"y".repeat(10 * KiB)}`);
  const connection = await open();
  connection.write(`${head("/quick")}x: ${"y".repeat(10 * KiB)}\r\n\r\n`);
  await until(() => connection.received().startsWith("HTTP/1.1 200"));
});
