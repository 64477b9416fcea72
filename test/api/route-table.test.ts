import { describe, expect, it } from "vitest";
import type { Route, RouteMethod, RouteStyle } from "../../src/api/rest/route.ts";
import { RouteTable } from "../../src/api/rest/route-table.ts";

function route(method: RouteMethod, path: string, style: RouteStyle = "registry"): Route {
  return { method, path, style, operation: { operationId: path, summary: path, responses: {} }, handle: () => {} };
}

const table = new RouteTable([
  route("GET", "/", "kserve"),
  route("GET", "/livez", "probe"),
  route("GET", "/v1/models/{name}", "kserve"),
  route("POST", "/v1/models/{name}:predict", "kserve"),
  route("GET", "/api/v1/models/{name}"),
  route("GET", "/api/v1/models/special"),
  route("PATCH", "/api/v1/models/{name}"),
  route("DELETE", "/api/v1/models/{name}"),
  route("GET", "/api/v1/namespaces/{namespace}/models/{name}"),
  route("GET", "/api/v1/models/{name}/contract"),
]);

describe("a table of routes", () => {
  it.each([
    ["GET", "/", "GET /", {}],
    ["GET", "/livez", "GET /livez", {}],
    ["GET", "/livez/", "GET /livez", {}],
    ["HEAD", "/v1/models/m", "GET /v1/models/{name}", { name: "m" }],
    ["GET", "/v1/models/m/", "GET /v1/models/{name}", { name: "m" }],
    ["POST", "/v1/models/m:predict", "POST /v1/models/{name}:predict", { name: "m" }],
    ["POST", "/v1/models/m%3Apredict", "POST /v1/models/{name}:predict", { name: "m" }],
    ["POST", "/v1/models/m%3apredict", "POST /v1/models/{name}:predict", { name: "m" }],
    ["POST", "/v1/models/c%2Fm:predict", "POST /v1/models/{name}:predict", { name: "c/m" }],
    ["GET", "/api/v1/models/special", "GET /api/v1/models/special", {}],
    ["GET", "/api/v1/models/special/contract", "GET /api/v1/models/{name}/contract", { name: "special" }],
    ["DELETE", "/api/v1/models/m", "DELETE /api/v1/models/{name}", { name: "m" }],
    [
      "GET",
      "/api/v1/namespaces/a/models/m",
      "GET /api/v1/namespaces/{namespace}/models/{name}",
      { namespace: "a", name: "m" },
    ],
  ])("%s %s is %s with %j", (method, path, label, params) => {
    const found = table.find(method, path);
    expect(found.route.label).toBe(label);
    expect(found.params).toEqual(params);
  });

  it.each([
    ["GET", "/api/v1/models/m/", 404],
    ["GET", "/api/v1/models//contract", 404],
    ["GET", "//", 404],
    ["GET", "//livez", 404],
    ["GET", "/livez//", 404],
    ["GET", "/v1/models/m:", 404],
    ["GET", "/v1/models/:predict", 404],
    ["POST", "/v1/models/m:fly", 404],
    ["GET", "/API/v1/models/m", 404],
    ["GET", "", 404],
    ["GET", "*", 404],
    ["PUT", "/api/v1/models/m", 405],
    ["GET", "/v1/models/m:predict", 405],
  ])("%s %s is refused with %d", (method, path, status) => {
    expect(() => table.find(method, path)).toThrow(expect.objectContaining({ status }));
  });

  it("names the methods of a path, HEAD with GET", () => {
    expect(() => table.find("PUT", "/api/v1/models/m")).toThrow(
      expect.objectContaining({ headers: { allow: "GET, HEAD, PATCH, DELETE" } }),
    );
  });

  it("refuses a parameter that is not valid percent-encoding, by its name", () => {
    expect(() => table.find("GET", "/api/v1/models/%E0%A4")).toThrow("name: is not valid percent-encoding");
  });

  it("refuses the same route twice", () => {
    expect(() => new RouteTable([route("GET", "/a"), route("GET", "/a")])).toThrow("GET /a stands twice");
  });
});
