import { expect, it } from "vitest";
import { applyInferenceService } from "../../../src/kube/apply-inference-service.ts";
import { createKubeWriter } from "../../../src/kube/kube-writer.ts";
import { type ApiAnswer, drips, type FakeApiServer, json, stalls, startFakeApiServer } from "./fake-api-server.ts";

const path = "/api/v1/namespaces/default/configmaps/a";
const { signal } = new AbortController();

/** Every call that reads a single object from its answer. */
const calls: [string, (server: FakeApiServer, answerTimeoutMs?: number) => Promise<unknown>][] = [
  ["find", ({ access }, limitMs) => createKubeWriter(access, limitMs).find(path, signal)],
  ["write", ({ access }, limitMs) => createKubeWriter(access, limitMs).write("PATCH", path, {}, signal)],
  [
    "apply",
    ({ access }, limitMs) => {
      const service = { namespace: "default", name: "a", manifest: "{}", force: false, dryRun: false };
      return applyInferenceService(access, service, signal, limitMs);
    },
  ],
];

const isEndless: ApiAnswer = (response) => {
  const megabyte = Buffer.alloc(1024 ** 2, " ");
  const writeMore = (): void => {
    while (!response.destroyed && response.write(megabyte));
  };
  response.writeHead(200).on("drain", writeMore);
  writeMore();
};

const breaksOff: ApiAnswer = (response) => {
  response.writeHead(200, { "content-length": 100 });
  response.write("{", () => response.socket?.resetAndDestroy());
};

const answers: { when: string; answer: ApiAnswer; message: RegExp; limitMs?: number }[] = [
  { when: "stalls after its head", answer: stalls(), message: /does not come within 0.2s/ },
  { when: "comes a byte at a time", answer: drips(), message: /does not come within 0.2s/ },
  { when: "does not end", answer: isEndless, message: /more than 8 MiB/, limitMs: 10_000 },
  { when: "is no JSON", answer: json(200, "<html>"), message: /other than JSON/ },
  { when: "breaks off", answer: breaksOff, message: /cannot be reached/ },
];

it.each(calls.flatMap(([call, run]) => answers.map((answer) => ({ call, run, ...answer }))))(
  "gives up $call when the answer $when",
  async ({ run, answer, message, limitMs = 200 }) => {
    const server = await startFakeApiServer();
    server.onList(answer);
    const error = await run(server, limitMs).catch((error: unknown) => error);
    expect(error).toMatchObject({ name: "KubeError", status: undefined, message: expect.stringMatching(message) });
  },
);

it("releases the connection of an answer that was given up", async () => {
  const server = await startFakeApiServer();
  let closed = 0;
  server.onList(
    (response, request) => {
      response.once("close", () => closed++);
      stalls()(response, request);
    },
    json(200, { metadata: {} }),
  );
  const writer = createKubeWriter(server.access, 50);
  await expect(writer.find(path, signal)).rejects.toThrow("does not come");
  expect(await writer.find(path, signal)).toEqual({ metadata: {} });
  await expect.poll(() => closed).toBe(1);
});
