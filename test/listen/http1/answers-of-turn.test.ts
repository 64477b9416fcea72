import { createConnection } from "node:net";
import { text } from "node:stream/consumers";
import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { sendAfterTurn, sendAnswers } from "../../../src/listen/http1/answers-of-turn.ts";
import { createListener } from "../../../src/listen/listener.ts";

it("answers go out at the end of their turn, in their order", async () => {
  const sent: number[] = [];
  for (const answer of [1, 2, 3]) sendAfterTurn(10, () => sent.push(answer));
  await Promise.resolve();
  expect(sent).toEqual([]);
  await nextTurn();
  expect(sent).toEqual([1, 2, 3]);
});

it("many answers of one turn do not all wait for its end", async () => {
  const sent: number[] = [];
  for (let answer = 1; answer <= 40; answer++) sendAfterTurn(10, () => sent.push(answer));
  expect(sent).toHaveLength(32);
  await nextTurn();
  expect(sent).toHaveLength(40);
});

it("answers that are made while others go out go out in the turn after", async () => {
  const sent: string[] = [];
  sendAfterTurn(10, () => {
    sent.push("first");
    sendAfterTurn(10, () => sent.push("second"));
  });
  sendAnswers();
  expect(sent).toEqual(["first"]);
  await nextTurn();
  await nextTurn();
  expect(sent).toEqual(["first", "second"]);
});

it("a client that sends nothing more behind its request gets the answer that is made at once", async () => {
  const listener = createListener({}, (_request, response) => {
    response.end("here it is");
  });
  const { port } = await listener.listen(0, "127.0.0.1");
  onTestFinished(() => listener.close(0));
  const socket = createConnection({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.end("GET / HTTP/1.1\r\nhost: a\r\n\r\n");
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 200 OK\r\n.*here it is$/s);
});

it("a large answer is sent at once, as sending it takes a part of the turn", () => {
  const sent: string[] = [];
  sendAfterTurn(100_000, () => sent.push("large"));
  expect(sent).toEqual(["large"]);
});
