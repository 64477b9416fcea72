import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { HfClient } from "../../src/catalog/sources/hf/hf-client.ts";
import { HfLoader } from "../../src/catalog/sources/hf/hf-loader.ts";
import { createHfPort } from "../../src/catalog/sources/hf/hf-port.ts";
import type { SourceSpec } from "../../src/catalog/sources/source-spec.ts";

type Answer = (request: IncomingMessage, response: ServerResponse, url: string) => void;

/** A hub on loopback that answers as a test says. */
async function startHub(answer: Answer): Promise<{ url: string; requests: string[]; tokens: (string | undefined)[] }> {
  const requests: string[] = [];
  const tokens: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url!);
    tokens.push(request.headers.authorization);
    answer(request, response, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests, tokens };
}

const json = (response: ServerResponse, value: unknown, headers = {}): void => {
  response.writeHead(200, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(value));
};

function specOf(included: readonly string[], more: Partial<SourceSpec> = {}): SourceSpec {
  return {
    ...{ id: "hub", name: "Hub", assetType: "models", type: "hf", enabled: true, labels: [], folder: "/" },
    ...{ included, excluded: [], properties: {} },
    ...more,
  };
}

const signal = new AbortController().signal;
const loaderOf = (url: string, spec: SourceSpec, now = () => Date.now(), timeoutMs = 60_000): HfLoader =>
  new HfLoader(spec, new HfClient({ url, token: () => "hf_secret", timeoutMs }), undefined, now);
const namesOf = ({ state }: HfLoader): string[] => state.models.map(({ name }) => name);
const modelsNamed = (...names: string[]) =>
  names.map((name) => ({ id: `org/${name}`, pipeline_tag: "text-generation", tags: ["license:mit", "en"] }));

describe("a source of a model hub", () => {
  it("reads single models and those of an organization, page by page, less what is excluded", async () => {
    const hub = await startHub((request, response, url) => {
      if (request.url!.startsWith("/api/models/other/one"))
        json(response, { id: "other/one", gated: "manual", private: true });
      else if (request.url!.includes("cursor=2")) json(response, modelsNamed("c", "d-draft"));
      else json(response, modelsNamed("a", "b"), { link: `<${url}/api/models?cursor=2>; rel="next"` });
    });
    const loader = loaderOf(hub.url, specOf(["other/one", "org/*"], { excluded: ["*-draft"] }));
    expect(await loader.look(signal)).toBe(true);
    expect(namesOf(loader)).toEqual(["other/one", "org/a", "org/b", "org/c"]);
    expect(loader.state).toMatchObject({ status: "available", error: "" });
    const [one, a] = loader.state.models;
    expect(one?.customProperties).toMatchObject({
      hf_gated: { string_value: "manual" },
      hf_private: { string_value: "true" },
    });
    expect(a).toMatchObject({ license: "mit", language: ["en"], tasks: ["text-generation"], provider: "org" });
    expect(a?.artifacts[0]?.uri).toBe("hf://org/a");
    expect(a?.customProperties.model_type).toMatchObject({ string_value: "generative" });
    expect(new Set(hub.tokens)).toEqual(new Set(["Bearer hf_secret"]));
  });

  it("waits as long as the hub asks, then continues", async () => {
    let asked = 0;
    const hub = await startHub((_, response) => {
      if (++asked > 1) json(response, modelsNamed("a"));
      else response.writeHead(429, { "retry-after": "0" }).end();
    });
    const loader = loaderOf(hub.url, specOf(["org/*"]));
    await loader.look(signal);
    expect(namesOf(loader)).toEqual(["org/a"]);
  });

  it("resumes where it was interrupted, and keeps its entries in the meantime", async () => {
    let breaks = true;
    const hub = await startHub((request, response, url) => {
      if (!request.url!.includes("cursor=2"))
        json(response, modelsNamed("a"), { link: `<${url}/x?cursor=2>; rel="next"` });
      else if (breaks) response.socket!.destroy();
      else json(response, modelsNamed("b"));
    });
    let now = 0;
    const loader = loaderOf(hub.url, specOf(["org/*"]), () => now);
    await loader.look(signal);
    expect(loader.state).toMatchObject({ status: "error", error: expect.stringContaining("it cannot be reached") });
    expect(await loader.look(signal)).toBe(false);
    breaks = false;
    now += 3_600_000;
    await loader.look(signal);
    expect(namesOf(loader)).toEqual(["org/a", "org/b"]);
    expect(hub.requests.filter((path) => !path.includes("cursor"))).toHaveLength(1);
    breaks = true;
    now += 2 * 86_400_000;
    await loader.look(signal);
    expect(loader.state.status).toBe("partially-available");
    expect(namesOf(loader)).toEqual(["org/a", "org/b"]);
  });

  it.each<[string, Answer, string]>([
    ["no JSON", (_, response) => response.end("<html>"), "something other than JSON"],
    ["no list", (_, response) => json(response, { error: "x" }), "other than a list of models"],
    ["a refused token", (_, response) => response.writeHead(401).end(), "does not accept the token (401)"],
    [
      "a redirect",
      (_, response) => response.writeHead(302, { location: "http://127.0.0.1:1/" }).end(),
      "answered with 302",
    ],
    ["an answer that never comes", () => {}, "did not answer within 300 ms"],
    [
      "an answer without end",
      (_, response) => response.end(Buffer.alloc(9 * 1024 ** 2, " ")),
      "more than 8388608 bytes",
    ],
    [
      "a wait that is too long",
      (_, response) => response.writeHead(429, { "retry-after": "86400" }).end(),
      "asks to wait (429)",
    ],
    [
      "a next page elsewhere",
      (_, response) => json(response, modelsNamed("a"), { link: '<http://127.0.0.1:1/x>; rel="next"' }),
      "at another address",
    ],
  ])("says what is wrong with %s", async (_, answer, words) => {
    const hub = await startHub(answer);
    const loader = loaderOf(hub.url, specOf(["org/*"]), undefined, words.includes("within") ? 300 : undefined);
    await loader.look(signal);
    expect(loader.state).toMatchObject({ status: "error", error: expect.stringContaining(words) });
    expect(loader.state.error).not.toContain("hf_secret");
  });

  it("leaves out what is not a model, and says which it did not find", async () => {
    const hub = await startHub((request, response) => {
      if (request.url!.endsWith("/gone")) response.writeHead(404).end();
      else
        json(response, [null, 7, { id: 7 }, { id: "../../etc/passwd" }, { id: "org/good" }, { id: "elsewhere/bad" }]);
    });
    const loader = loaderOf(hub.url, specOf(["org/gone", "org/*"]));
    await loader.look(signal);
    expect(namesOf(loader)).toEqual(["org/good"]);
    expect(loader.state).toMatchObject({ status: "partially-available", error: expect.stringContaining("org/gone") });
  });

  it("takes no more than it may of each pattern, and ends on a page that leads to itself", async () => {
    const hub = await startHub((_, response, url) =>
      json(response, modelsNamed("a", "b", "c"), { link: `<${url}/loop>; rel="next"` }),
    );
    const few = loaderOf(hub.url, specOf(["org/*"], { properties: { maxModels: 2 } }));
    await few.look(signal);
    expect(namesOf(few)).toEqual(["org/a", "org/b"]);
    const all = loaderOf(hub.url, specOf(["org/*"], { properties: { maxModels: 100 } }));
    await all.look(signal);
    expect(namesOf(all)).toEqual(["org/a", "org/b", "org/c"]);
  });

  it.each([
    [specOf([]), "includedModels: missing"],
    [specOf(["*"]), 'includedModels: "*"'],
    [specOf(["a/b/c"]), 'includedModels: "a/b/c"'],
    [specOf(["org/*"]), "properties.url: missing"],
  ])("cannot be used when it does not say enough: %#", (spec, words) => {
    expect(createHfPort({ url: undefined, token: () => undefined }).problemOf(spec)).toContain(words);
  });

  it("lets an organization that is the only one stand before every pattern", async () => {
    const hub = await startHub((_, response) => json(response, modelsNamed("a")));
    const spec = specOf(["*"], { properties: { allowedOrganization: "org" } });
    const port = createHfPort({ url: hub.url, token: () => "hf_secret" });
    expect(port.problemOf(spec)).toBeUndefined();
    expect(await port.names(spec, signal)).toEqual(["org/a"]);
    // A preview is a caller's question, and the token is not the caller's.
    expect(hub.tokens).toEqual([undefined]);
  });
});
