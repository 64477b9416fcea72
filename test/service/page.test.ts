import { describe, expect, it } from "vitest";
import { httpVersions, jsonOf, send } from "../support/http-client.ts";
import { startRegistry } from "../support/running-service.ts";

const asBrowser = { accept: "text/html,*/*;q=0.8" };

describe.each(httpVersions)("without the page, over HTTP/%s", (version) => {
  it("a browser gets what every client gets", async () => {
    const { url } = await startRegistry({ env: { UI: "off" } });
    const root = await send(version, { url, path: "/", headers: asBrowser });
    expect([root.status, jsonOf(root)]).toEqual([200, { status: "alive" }]);
    expect((await send(version, { url, path: "/ui/", headers: asBrowser })).status).toBe(404);
  });
});
